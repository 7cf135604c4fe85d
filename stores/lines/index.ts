export {
  type AbsenceText,
  absenceOf,
  absenceText,
  type LiveText,
  liveOf,
  liveText,
  type OfficialText,
  officialOf,
  officialText,
  type TeamText,
  teamOf,
  teamText,
} from "./text.ts";
