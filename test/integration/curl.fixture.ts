/** What the README asks of curl (-s, -f, -X, -H, -d and an address), for machines that have none. */
const [, , ...args] = process.argv;
const headers = new Headers();
let method: string | undefined;
let body: string | undefined;
let url = "";
for (let at = 0; at < args.length; at += 1) {
  const arg = args[at] ?? "";
  if (arg === "-sf") continue;
  if (!arg.startsWith("-")) url = arg;
  else {
    at += 1;
    const value = args[at] ?? "";
    if (arg === "-X") method = value;
    else if (arg === "-d") body = value;
    else if (arg === "-H") {
      const [name = "", ...rest] = value.split(":");
      headers.set(name, rest.join(":").trim());
    } else throw new Error(`no such option here: ${arg}`);
  }
}
const response = await fetch(url, { method: method ?? (body ? "POST" : "GET"), headers, body });
console.log(await response.text());
process.exit(response.ok ? 0 : 22);
