"""``mrd-sponsor roster``: the accounts of a site listed, compared, and told; codes and shapes."""

from __future__ import annotations

from mrd_desktop.cli import roster as command
from mrd_desktop.ledger.record import Entry, Kind, RecordClass
from mrd_desktop.record.alone import LoneAct, What
from mrd_desktop.texts import Language
from mrd_desktop.transfer import delegation
from mrd_desktop.transfer.delegation import Standing
from mrd_desktop.vault import confirming, users
from mrd_desktop.vault.roster import Act, Listed, Roster
from tests.cli.shell import Shell
from tests.clinic import password_of
from tests.transfer.route import Route


def test_accounts_are_listed_compared_and_told(charted_route: Route, shell: Shell) -> None:
    route = charted_route
    store = route.store.path
    assert shell.sponsor("roster", store).data == []
    with route.clinic.open("admin") as session:
        users.add_user(
            session, "ghost", "investigator", password=password_of("ghost"), full_name="Zhang San"
        )
    received = shell.sponsor("receive", store, route.send().path)
    assert "ghost" in received.data[0]["accounts"]
    (site,) = shell.sponsor("status", store).data
    assert "ghost" in site["accounts_uncompared"]
    (listed,) = shell.sponsor("roster", store, "01").data
    assert (listed["site"], listed["compared"], listed["site_agrees"]) == ("01", None, None)
    ghost = next(a for a in listed["accounts"] if a["user"] == "ghost")
    assert ghost["full_name"] == "Zhang San"
    assert (ghost["waiting"], ghost["unknown"], ghost["signatures"]) == (True, None, 0)
    assert [r["role"] for r in ghost["roles"]] == ["investigator"]
    assert len(ghost["keys"][0]["key"]) == 26
    assert shell.sponsor("roster", store, "07").data == []
    assert shell.sponsor("roster", store, "--unknown", "ghost").code == 2

    digest = listed["digest"]
    refused = shell.sponsor("roster", store, "--compared", digest[:20] + "0" * 44)
    assert (refused.code, refused.error["code"]) == (1, "roster_changed")
    refused = shell.sponsor("roster", store, "--compared", digest, "--known", "ghost")
    assert (refused.code, refused.error["code"]) == (1, "not_judged")
    words = ("--unknown", "ghost", "--text", "nobody of that name")
    (done,) = shell.sponsor("roster", store, "--compared", digest[:12], *words).data
    assert done["compared"]["digest"] == digest
    ghost = next(a for a in done["accounts"] if a["user"] == "ghost")
    assert (ghost["waiting"], ghost["unknown"]) == (False, "nobody of that name")
    (site,) = shell.sponsor("status", store).data
    assert site["accounts_uncompared"] == []
    assert site["accounts_unknown"] == [{"user": "ghost", "signatures": 0}]
    (reply,) = shell.sponsor("reply", store, "--site", "01", "--to", route.stick).data
    taken = shell.desktop("import", route.clinic.path, reply["path"], user="crc")
    assert taken.code == 0, taken
    told = taken.data["accounts"]
    assert (told["same"], told["digest"]) == (True, digest)
    assert told["unknown"] == [{"user": "ghost", "text": "nobody of that name"}]
    assert shell.sponsor("receive", store, route.send().path).code == 0
    assert shell.sponsor("roster", store, "01").data[0]["site_agrees"] is True
    (done,) = shell.sponsor("roster", store, "--compared", digest, "--known", "ghost").data
    assert [a["unknown"] for a in done["accounts"] if a["user"] == "ghost"] == [None]


def test_a_trace_says_that_an_account_is_not_on_the_log(charted_route: Route, shell: Shell) -> None:
    route = charted_route
    store, address = route.store.path, "01-001/SCR/IC/ICVER"
    assert shell.sponsor("receive", store, route.send().path).code == 0
    (row,) = shell.sponsor("trace", store, address).data
    assert row["unknown_account"] is False
    (listed,) = shell.sponsor("roster", store).data
    words = ("--unknown", row["user"], "--text", "synthetic")
    assert shell.sponsor("roster", store, "--compared", listed["digest"], *words).code == 0
    (row,) = shell.sponsor("trace", store, address).data
    assert (row["unknown_account"], row["value"]) == (True, "V1.0")


def test_a_key_that_one_person_confirmed_is_named_with_the_reason(
    charted_route: Route, shell: Shell
) -> None:
    route = charted_route
    with route.clinic.open("admin") as session:
        body = {"user": "crc", "by": "admin", "exception": "clinic of two"}
        session.commit([Entry(Kind.USER_CONFIRMED, RecordClass.CODED, body)])
        confirming.confirm_user(session, "cra", second="inv", second_password=password_of("inv"))
    assert shell.sponsor("receive", route.store.path, route.send().path).code == 0
    told = shell.sponsor("roster", route.store.path, "01")
    alone = {a["user"]: a["confirmed_alone"] for a in told.data[0]["accounts"]}
    assert alone.pop("crc") == "clinic of two"
    assert set(alone.values()) == {None}
    both = {a["user"]: a["confirmed_with"] for a in told.data[0]["accounts"]}
    assert both.pop("cra") == "inv"
    assert set(both.values()) == {None}
    with route.store.open() as session:
        (standing,) = delegation.standings(session)
    words = {
        Language.EN: "by admin alone: clinic of two",
        Language.ZH: "由 admin 确认密钥（仅由一人确认：clinic of two）",
    }
    with_inv = {Language.EN: "by admin with inv", Language.ZH: "另有 inv 核对"}
    for language, said in words.items():
        lines = list(command._lines(standing, language))
        assert sum(said in line for line in lines) == 1
        assert sum(with_inv[language] in line for line in lines) == 1


def test_names_that_a_site_made_up_steer_no_terminal() -> None:
    hostile = Listed("a\u202eb", "x\x1b[2J", duties=(), confirmed=Act("", ""))
    alone = {hostile.user: LoneAct(hostile.user, What.KEY, "", "x\x1b[2J")}
    roster = Roster("c" * 26, 4, (hostile,))
    standing = Standing("01", roster, None, (hostile,), {}, alone=alone)

    for language in Language:
        said = "\n".join(command._lines(standing, language))
        assert "\u202e" not in said and "\x1b" not in said
        assert "\\u202e" in said
