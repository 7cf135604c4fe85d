"""Uploads the lines of one game with nothing but the .proto files and Python's own gRPC.

    python foreign_upload.py <root of the clone> <target> <upload.json>

upload.json: {"open": OpenUpload, "lines": [UploadedLine, ...]} in the JSON of protobuf. Breaks the
connection off once in the middle, and goes on where the service expects. Prints one JSON line: the
numbers that it was told to go on with, and the last position.
"""

import json
import queue
import subprocess
import sys
import tempfile
from pathlib import Path

import grpc
from google.protobuf import json_format

BATCH_LINES = 40


def generated(root):
    """The modules that protoc makes of the .proto files."""
    folder = tempfile.mkdtemp()
    protos = [
        *(Path(root) / "proto").rglob("*.proto"),
        Path(root) / "third_party" / "buf" / "validate" / "validate.proto",
    ]
    subprocess.run(
        [
            sys.executable,
            *("-m", "grpc_tools.protoc", f"-I{root}/proto", f"-I{root}/third_party"),
            *(f"--python_out={folder}", f"--grpc_python_out={folder}"),
            *map(str, protos),
        ],
        check=True,
    )
    sys.path.insert(0, folder)
    from courtside.ingest.v1 import ingest_service_pb2, ingest_service_pb2_grpc

    return ingest_service_pb2, ingest_service_pb2_grpc


def upload(pb, stub, opening, lines, cut_after):
    """One connection; returns the number that it began with, and the last position or None."""
    requests = queue.Queue()
    answers = stub.UploadLines(iter(requests.get, None))
    requests.put(pb.UploadLinesRequest(open=opening))
    first = next(answers).opened
    next_number, through = first.next_number, first.next_number - 1
    while next_number <= len(lines) or through < len(lines):
        on_the_way = next_number - 1 - through
        if next_number <= len(lines) and on_the_way + BATCH_LINES <= first.credit_lines:
            batch = lines[next_number - 1 : next_number - 1 + BATCH_LINES]
            message = pb.LineBatch(first_number=next_number, lines=batch)
            requests.put(pb.UploadLinesRequest(batch=message))
            next_number += len(batch)
            continue
        answer = next(answers)
        through = max(through, answer.ack.through)
        if cut_after is not None and through >= cut_after:
            answers.cancel()
            requests.put(None)
            return first.next_number, None
    requests.put(pb.UploadLinesRequest(finish=pb.FinishUpload(last_number=len(lines))))
    requests.put(None)
    for answer in answers:
        if answer.HasField("finished"):
            return first.next_number, answer.finished.position
    raise RuntimeError("the upload was cut off")


def main():
    root, target, file = sys.argv[1:]
    pb, pb_grpc = generated(root)
    said = json.loads(Path(file).read_text())
    opening = json_format.ParseDict(said["open"], pb.OpenUpload())
    lines = [json_format.ParseDict(line, pb.UploadedLine()) for line in said["lines"]]
    with grpc.insecure_channel(target) as channel:
        stub = pb_grpc.IngestServiceStub(channel)
        begun = []
        for cut_after in [len(lines) // 2, None]:
            number, position = upload(pb, stub, opening, lines, cut_after)
            begun.append(number)
    print(json.dumps({"begun": begun, "position": position}))


main()
