/** Is loaded before a service, and puts the fault into its code that this file's URL names. */
import { registerHooks } from "node:module";
import { plantedNamed, ROOT_URL } from "./planted.ts";

const { file, of, instead } = plantedNamed(new URL(import.meta.url).searchParams.get("name") ?? "");

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (url !== ROOT_URL + file) return loaded;
    const text = String(Buffer.from((loaded.source ?? "") as Uint8Array));
    if (text.split(of).length !== 2) throw new Error(`${file} does not have once: ${of}`);
    return { ...loaded, source: text.replace(of, () => instead) };
  },
});
