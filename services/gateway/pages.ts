import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Page } from "./edge.ts";
import { openApiOf } from "./openapi.ts";
import type { Route } from "./route.ts";

/** What is served as it is: the document of the routes, and a page to try them, which reads it. */
export function pagesFor(routes: readonly Route[]): ReadonlyMap<string, Page> {
  const html = readFileSync(new URL("./page.html", import.meta.url), "utf8");
  const page = {
    contentType: "text/html; charset=utf-8",
    text: html,
    headers: { "Content-Security-Policy": policyFor(html) },
  };
  const document = {
    contentType: "application/json",
    text: JSON.stringify(openApiOf(routes), null, 2),
  };
  return new Map([
    ["/", page],
    ["/docs", page],
    ["/openapi.json", document],
  ]);
}

// The page's own script and style, told by their digests, and nothing from anywhere else.
function policyFor(html: string): string {
  const digestOf = (tag: string) => {
    const [, text = ""] = new RegExp(`<${tag}>(.*)</${tag}>`, "s").exec(html) ?? [];
    return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  };
  return [
    "default-src 'none'",
    "connect-src 'self'",
    `script-src ${digestOf("script")}`,
    `style-src ${digestOf("style")}`,
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
