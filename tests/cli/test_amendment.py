"""``amendment`` and ``study diff``: told, installed, taken back."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.study.load import shipped
from tests.cli.shell import Shell
from tests.transfer.edition import bring, edition
from tests.transfer.route import Route
from tests.transfer.test_amendment import SECOND
from tests.transfer.test_receive import new_subject


def test_an_amendment_from_command_to_command(shell: Shell, route: Route, tmp_path: Path) -> None:
    new_subject(route)
    assert route.carry().fine
    folder = edition(tmp_path / "second", "0.2", VS=SECOND)
    bring(route, folder)
    site = route.clinic.path
    told = shell.desktop("amendment", site, user="admin").data
    assert (told["version"], told["offer"]["version"]) == ("0.1", "0.2")
    assert told["dry_run"]["required"] == ["VS.PAIN"]
    lines = shell.desktop("amendment", site, user="admin", json=False).out
    assert "newly required: VS.PAIN Vital signs · Pain" in lines
    assert "Heart rate [VS.PULSE]: English wording: “Pulse” → “Heart rate”" in lines
    lines = shell.desktop("amendment", site, "--lang", "zh", user="admin", json=False).out
    assert "疼痛评分 [VS.PAIN]: 新增问题，必填" in lines
    assert "已保存的此类表单" in lines
    refused = shell.desktop("amendment", site, "--install", "0.9", user="admin")
    assert (refused.code, refused.error["code"]) == (1, "nothing_to_install")
    assert shell.desktop("amendment", site, "--install", "0.2").error["code"] == (
        "permission_denied"
    )
    done = shell.desktop("amendment", site, "--install", "0.2", user="admin").data
    assert (done["version"], done["offer"], done["can_roll_back"]) == ("0.2", None, True)
    back = shell.desktop("amendment", site, "--roll-back", user="admin").data
    assert (back["version"], back["offer"]["version"]) == ("0.1", "0.2")
    again = shell.desktop("amendment", site, "--roll-back", user="admin")
    assert (again.code, again.error["code"]) == (1, "no_way_back")
    both = shell.desktop("amendment", site, "--install", "0.2", "--roll-back", user="admin")
    assert both.code == 2


def test_a_diff_tells_the_forms_and_what_is_asked_anew(shell: Shell, tmp_path: Path) -> None:
    folder = edition(tmp_path / "second", "0.2", VS=SECOND)
    lines = shell.desktop("study", "diff", shipped(), folder, user=None, json=False).out
    assert "forms: VS Vital signs" in lines.splitlines()
    assert "newly required: VS.PAIN Vital signs · Pain" in lines.splitlines()
    assert "higher version" not in lines
    unit = edition(tmp_path / "unit", "0.1", VS=[('unit: "mmHg"', 'unit: "kPa"')])
    lines = shell.desktop("study", "diff", shipped(), unit, user=None, json=False).out
    assert "cannot be amended: item VS.SYSBP: unit" in lines
    assert "needs a higher version than 0.1" in lines
    lines = shell.desktop("study", "diff", shipped(), unit, "--lang", "zh", user=None, json=False)
    assert "不可修订" in lines.out
    assert "版本号须高于 0.1" in lines.out
    rows = shell.desktop("study", "diff", shipped(), unit, user=None).data
    assert [(r["name"], r["fact"]) for r in rows if r["forbidden"]] == [
        ("VS.SYSBP", "unit"), ("NCT07132502", "version"),
    ]  # fmt: skip
    assert all(r["reason_en"] and r["reason_zh"] for r in rows if r["forbidden"])


def test_a_diff_for_scripts_names_forms_and_words_of_each_change(
    shell: Shell, tmp_path: Path
) -> None:
    folder = edition(tmp_path / "second", "0.2", VS=SECOND)
    rows = shell.desktop("study", "diff", shipped(), folder, user=None).data
    (asked,) = [r for r in rows if r["newly_required"]]
    assert (asked["name"], asked["forms"]) == ("VS.PAIN", ["VS"])
    assert asked["sentence_zh"] == "生命体征 · 疼痛评分：新增问题，必填"
    assert rows[0] == asked
    assert not any(r["forbidden"] or r["reason_en"] for r in rows)
