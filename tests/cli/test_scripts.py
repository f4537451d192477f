"""The installed scripts as real processes: exit codes, streams and bytes as a script sees them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.clinic import Clinic, password_of

SCRIPTS = Path(sys.executable).parent


def run(name: str, *args: object, lang: str = "en_US.UTF-8") -> subprocess.CompletedProcess[bytes]:
    env = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}
    return subprocess.run(
        [SCRIPTS / name, *map(str, args)],
        env={**env, "LANG": lang},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )


def test_findings_verify_and_a_wrong_password(charted: Clinic, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(password_of("crc"), encoding="utf-8")
    who = ("--user", "crc", "--password-file", secret)
    verified = run("mrd-desktop", "verify", charted.path, *who, "--json")
    assert (verified.returncode, verified.stderr) == (0, b"")
    assert json.loads(verified.stdout)["ok"] is True
    secret.write_text("wrong", encoding="utf-8")
    refused = run("mrd-desktop", "findings", charted.path, *who, "--json", lang="zh_CN.GBK")
    assert refused.returncode == 1
    told = json.loads(refused.stdout.decode("utf-8"))["error"]
    assert told["code"] == "wrong_password"
    assert refused.stderr.decode("utf-8").strip() == told["message_zh"]


def test_nobody_is_asked_on_standard_output(charted: Clinic) -> None:
    asked = run("mrd-desktop", "findings", charted.path, "--json")
    assert asked.returncode == 1
    assert json.loads(asked.stdout)["error"]["code"] == "no_answer"


def test_wrong_usage_of_both_scripts() -> None:
    for name in ("mrd-desktop", "mrd-sponsor"):
        wrong = run(name, "verify", "--json")
        assert wrong.returncode == 2
        assert json.loads(wrong.stdout)["error"]["code"] == "usage"
        assert run(name, "--help").returncode == 0
        assert b" 0." in run(name, "--version").stdout
