"""A large file is read by a process of its own: reading and writing then have a processor each.

`python -m storage.sources.apart` is that process: a `Staging` comes in, batches and rejects go out, None at the end.
"""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator

from storage.sources.problems import Reject
from storage.sources.staged_rows import StagedBatch, Staging
from storage.sources.tables import OnReject

LARGE = 16_000_000  # bytes when unpacked; below, starting a process takes longer than it saves

_PACKED = 8  # times: about what compression saves on such files


class ReaderEnded(Exception):
    """The process that read the file was ended from outside; nothing of the file was kept."""


def is_large(staging: Staging) -> bool:
    """Whether a process of its own is worth it."""
    file = staging.source.file
    is_packed = file.is_gzipped or staging.source.recognised.kind == "xlsx"
    return file.size * (_PACKED if is_packed else 1) >= LARGE


def read_apart(staging: Staging, on_reject: OnReject) -> Iterator[StagedBatch]:
    """As `Staging.batches`, from another process; it ends with the generator.

    :raises ReaderEnded: it ended before its work was done
    """
    command = (sys.executable, "-m", "storage.sources.apart")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)}
    process = subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        with process.stdin as job:
            pickle.dump(staging, job)
        while (item := pickle.load(process.stdout)) is not None:
            if isinstance(item, Exception):
                raise item
            if isinstance(item, Reject):
                on_reject(item)
            else:
                yield item
    except (EOFError, BrokenPipeError, pickle.UnpicklingError) as error:
        raise ReaderEnded from error
    finally:
        process.kill()
        process.stdout.close()
        process.wait()


def main() -> None:
    """The other process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one that started us ends us
    gc.disable()  # millions of objects and no circles of them: the collector would search them in vain
    out = sys.stdout.buffer

    def send(item: object) -> None:
        pickle.dump(item, out, protocol=pickle.HIGHEST_PROTOCOL)

    try:
        staging: Staging = pickle.load(sys.stdin.buffer)
        for batch in staging.batches(send):
            send(batch)
        send(None)
    except BrokenPipeError:
        os._exit(1)  # nobody listens any more; flushing would only fail again
    except Exception as error:
        send(error)
    out.flush()


if __name__ == "__main__":
    main()
