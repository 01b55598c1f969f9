"""What we run on tells nobody that we run."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

_SWITCHES = {"CI", "TF_BUILD", "JENKINS_URL", "ORT_DISABLE_TELEMETRY", "NO_PROXY", "no_proxy"}


def test_the_inference_libraries_report_to_nobody(tmp_path: Path) -> None:
    """Each would leave a number of its own in the home folder first, and go through the proxy that it is shown."""
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        proxy.setblocking(False)
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        environment = {name: value for name, value in os.environ.items() if name not in _SWITCHES}
        environment |= dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), address)
        environment |= {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-c", "import openlfr.vision.inference"]
        subprocess.run(command, env=environment, check=True, timeout=120)
        assert list(tmp_path.rglob("*")) == []
        with pytest.raises(BlockingIOError):
            proxy.accept()
