export {
  answer,
  answers,
  connected,
  keysLike,
  type RedisClient,
  type RedisOptions,
  redisClient,
} from "./client.ts";
export { ShortLivedCommand } from "./short-lived.ts";
