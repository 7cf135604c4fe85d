import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { pathToString } from "@bufbuild/protobuf/reflect";
import { createValidator } from "@bufbuild/protovalidate";
import type { FieldViolation } from "./errors.ts";
import { plainCheckOf } from "./plain-rules.ts";

const validator = createValidator();

/** Every field of `message` that breaks a rule of its .proto. */
export function violationsIn<Desc extends DescMessage>(
  schema: Desc,
  message: MessageShape<Desc>,
): FieldViolation[] {
  if (plainCheckOf(schema)(message)) return [];
  const { kind, error, violations } = validator.validate(schema, message);
  if (kind === "valid") return [];
  // A rule that cannot be evaluated is a fault of the .proto and not of the request.
  if (violations === undefined) throw error;
  return violations.map((violation) => ({
    field: pathToString(violation.field),
    description: violation.message,
  }));
}
