"""Every benchmark, or those named: `python -m benchmarks [NAME ...]`. Each prints its part of RESULTS.md."""

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """Modules of this folder that are programs."""
    return sorted(
        file.stem for file in FOLDER.glob("[a-z]*.py") if '__name__ == "__main__"' in file.read_text(encoding="utf-8")
    )


def main() -> int:
    known = names()
    wanted = sys.argv[1:] or known
    for name in wanted:
        if name not in known:
            print(f"There is no benchmark {name}; there are: {', '.join(known)}.", file=sys.stderr)
            return 2
    failed = []
    for name in wanted:
        print(f"benchmark {name}", file=sys.stderr, flush=True)
        # Each in its own process, so that no models, threads or memory of one are in another's figures.
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=FOLDER.parent, check=False).returncode:
            failed.append(name)
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
