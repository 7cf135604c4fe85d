export { answer, answers, type RedisOptions, redisClient } from "./client.ts";
