import { createServer } from "node:net";

const [host, port] = (process.env.COURTSIDE_LISTEN ?? "").split(":");
const { COURTSIDE_PG_WRITER: postgres, COURTSIDE_REDIS: redis } = process.env;

createServer((socket) => {
  socket.on("error", () => {});
  socket.end(JSON.stringify({ pid: process.pid, postgres, redis }));
}).listen(Number(port), host);
