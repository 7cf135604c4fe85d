import type { GenService } from "@bufbuild/protobuf/codegenv2";
import { IngestService } from "#gen/courtside/ingest/v1/ingest_service_pb.ts";
import { RawUploadLinesRequestSchema } from "#gen/courtside/ingest/v1/raw_upload_pb.ts";

type Methods = typeof IngestService extends GenService<infer Found> ? Found : never;

type RawMethods = Omit<Methods, "uploadLines"> & {
  readonly uploadLines: Omit<Methods["uploadLines"], "input"> & {
    readonly input: typeof RawUploadLinesRequestSchema;
  };
};

/** IngestService as it is served: the same calls and bytes, with the lines of uploads left as they came. */
export const RawIngestService = {
  ...IngestService,
  methods: IngestService.methods.map((method) =>
    method === IngestService.method.uploadLines
      ? { ...method, input: RawUploadLinesRequestSchema }
      : method,
  ),
} as unknown as GenService<RawMethods>;
