import { read } from "./mesh-services.ts";

/** What every page of a list says. */
type Page = { readonly nextPageToken: string; readonly position: string };

/** All rows of a list, page by page, and the position that all of them are of. */
export async function everyPage<Answer extends Page, Row>(
  pageOf: (pageToken: string) => Promise<Answer>,
  rowsOf: (page: Answer) => readonly Row[],
): Promise<{ rows: Row[]; position: string }> {
  const rows: Row[] = [];
  let pageToken = "";
  for (;;) {
    const page = await read(() => pageOf(pageToken));
    rows.push(...rowsOf(page));
    pageToken = page.nextPageToken;
    if (pageToken === "") return { rows, position: page.position };
  }
}
