"""That nothing is missing says what there was to compare with; a restore asks the sponsor."""

from __future__ import annotations

from pathlib import Path

from mrd_desktop.transfer import loss
from mrd_desktop.transfer.surroundings import NOTHING, NOTHING_HERE, around, laid_in
from mrd_desktop.transfer.tail import coming, taking
from mrd_desktop.vault import backup
from mrd_desktop.vault.session import let_in
from tests.clinic import Clinic
from tests.transfer.route import Route
from tests.transfer.test_receive import new_subject


def test_nothing_around_tells_nothing(clinic: Clinic) -> None:
    with clinic.open() as crc:
        assert loss.look(crc) == ()
        here = around(crc)
        assert here.told == NOTHING_HERE.filled(found=NOTHING)
        assert here.restored is None
        backup.backup(crc, crc.folder.backups)
        backup.drill(crc, next(crc.folder.backups.iterdir()))
        here = around(crc)
        assert (here.backups, here.packages, here.restored) == (1, 0, None)


def test_a_restored_folder_asks_for_later_packages_until_it_sends_one(
    route: Route, tmp_path: Path
) -> None:
    new_subject(route)
    assert route.carry().fine
    with route.clinic.open() as crc:
        made = backup.backup(crc, tmp_path / "stick")
    new_subject(route, ICDATA="N")
    assert route.carry().fine
    restored = Clinic(tmp_path / "again", route.clinic.study)
    backup.restore(made.path, restored.path)
    with restored.open() as crc:
        coming.compare(crc)
        let_in(crc)
        assert loss.look(crc) == (), "the packages lie elsewhere"
        here = around(crc)
        assert here.told == NOTHING_HERE.filled(found=NOTHING)
        assert here.restored is not None
        assert (here.restored.seq, here.restored.number) == (made.head.seq, 1)
        assert str(made.head.seq) in here.restored.ask("x").zh
    again = Clinic(tmp_path / "once more", route.clinic.study)
    backup.restore(made.path, again.path)
    chain = made.head.chain
    coming.bring(again.path, route.clinic.path / "archive")
    assert laid_in(again.path / "archive", chain) == (1, 2)
    assert laid_in(again.path / "archive", "another") == ()
    with again.open("inv") as inv:
        coming.compare(inv)
        let_in(inv)
        assert loss.look(inv)
        offer = taking.offered(inv)
        assert offer.tail is not None
        taken = taking.take_back(inv, offer.tail)
        assert loss.look(inv) == ()
        here = around(inv)
        assert here.packages == 2
        assert here.restored is None
        lacking = {(one.seq, one.user, one.at) for one in here.lacking}
        assert lacking == {(one.seq, one.user, one.at) for one in taken.without}
        assert lacking
