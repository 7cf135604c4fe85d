export { type Environment, readSettings, type SettingReader, SettingsError } from "./settings.ts";
