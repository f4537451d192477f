"""Plausible synthetic subjects for training, demonstrations and measurements.

Nobody behind them exists: identity numbers use the non-existent region code 990101, names say that
they are tests, telephone numbers are fillers. The same seed gives the same subjects. They are
entered through the same code as the screen, and are made so that no hard check fires.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final, Literal

from mrd_desktop.record.story import Repeat, Story, StoryRecord, Value
from mrd_desktop.study.schedule import add_months

Path = Literal["failure", "intermission", "converted", "continued", "progressed"]

_PATHS: Final[tuple[tuple[Path, int], ...]] = (
    ("failure", 15),
    ("intermission", 35),
    ("converted", 12),
    ("continued", 30),
    ("progressed", 8),
)
_MONTHS: Final = (3, 6, 9, 12, 15, 18, 21, 24, 30, 36, 42, 48, 54, 60)
_SITES: Final = (("LIVER", "ABD"), ("LUNG", "CHEST"), ("BONE", "BONE"))
_CHECK: Final = "10X98765432"
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CYCLE: Final = timedelta(days=21)


def stories(site: str, today: date, subjects: int, seed: int, first: str) -> Iterator[Story]:
    """Stories of synthetic subjects.

    Args:
        site: two-digit site number.
        today: nothing is dated after it.
        first: number of the first subject (``01-005``); the others follow.
    """
    random = Random(seed)  # noqa: S311  (plausible, not secret)
    start = int(first.partition("-")[2])
    names = [p for p, _ in _PATHS]
    weights = [w for _, w in _PATHS]
    for n in range(start, start + subjects):
        kind = random.choices(names, weights)[0]
        yield _Life(random, site, n, today, kind).story()


@dataclass(frozen=True, slots=True)
class _Person:
    born: date
    site_of_disease: str
    region: str
    hormone: bool
    weight: int
    marker: float
    lvef: int


class _Life:
    """One subject from diagnosis to today."""

    def __init__(self, random: Random, site: str, number: int, today: date, kind: Path) -> None:
        self.random = random
        self.site = site
        self.number = number
        self.subject = f"{site}-{number:03d}"
        self.today = today
        self.kind = kind
        place, region = random.choice(_SITES)
        self.person = _Person(
            born=date(random.randint(1952, 1988), random.randint(1, 12), random.randint(1, 28)),
            site_of_disease=place,
            region=region,
            hormone=random.random() < 0.4,
            weight=random.randint(48, 78),
            marker=round(random.uniform(7, 17), 1),
            lvef=random.randint(58, 68),
        )
        self.consent = today - timedelta(days=random.randint(60, 700))
        self.sample = self.consent + timedelta(days=1)
        self.scan = self.consent + timedelta(days=12)
        self.decision = self.consent + timedelta(days=20)
        self.t0 = self.consent + timedelta(days=24)
        self.samples = 0
        self.paused = kind != "continued"

    def story(self) -> Story:
        """The whole subject, up to today."""
        records = [*self._history(), *self._screening()]
        if self.kind == "failure":
            records.append(self._failure())
        else:
            records += [*self._choice(), *self._follow_up()]
        return Story(subject=self.subject, site=self.site, records=records)

    # Before the study.

    def _history(self) -> Iterator[StoryRecord]:
        p, first = self.person, self.consent - timedelta(days=1400)
        yield self._form("ID", "SCR", {
            "PATNAME": f"测试{_han(self.number)}",
            "IDTYPE": "RESID",
            "IDNO": resident_id(p.born, self.number),
            "BRTHDAT": p.born.isoformat(),
            "MRN": f"SYN{self.number:04d}",
            "MOBILE": "13000000000",
        })  # fmt: skip
        yield self._form("IC", "SCR", {
            "RFICDAT": _iso(self.consent), "ICVER": "V1.0", "ICVERDAT": "2025-08-01"
            if self.consent >= date(2025, 8, 1) else _iso(self.consent),
            "ICBY": "SUBJECT", "ICSTAFF": "INV01", "ICCOPY": "Y", "ICDATA": "Y", "ICHGR": "Y",
            "ICBANK": self.random.choice(["Y", "Y", "N"]), "ICSENS": "Y",
        })  # fmt: skip
        age = (self.consent - p.born).days // 365
        meno = "POSTMENOPAUSAL" if age >= 52 else "PREMENOPAUSAL"
        yield self._form("DM", "SCR", {
            "SEX": "F", "CETHNIC": self.random.choice(["HAN", "HAN", "HAN", "HUI", "MAN"]),
            "DMDAT": _iso(self.consent), "INSTYPE": "UEBMI", "MENOSTAT": meno,
        })  # fmt: skip
        yield self._visit("SCR", self.consent)
        percent = str(self.random.randint(10, 90)) if p.hormone else "0"
        state = "POSITIVE" if p.hormone else "NEGATIVE"
        yield self._form(
            "BCH",
            "SCR",
            {
                "PRIMDAT": _iso(first), "LATER": self.random.choice(["LEFT", "RIGHT"]),
                "HISTTYP": "IDC", "HGRADE": "GRADE 3", "STAGE": "IV", "STAGTYP": "C",
                "AJCCT": "T2", "AJCCN": "N1", "AJCCM": "M1", "ADVTYPE": "DENOVO",
                "ADVDAT": _iso(first), "METYN": "Y", "CNSYN": "N",
            },
            {
                "MET": [{"LOC": p.site_of_disease, "NLES": "2",
                         "METHOD": "CONTRAST ENHANCED CT SCAN"}],
                "PATH": [{
                    "SPECDAT": _iso(first), "SPECLOC": "BREAST", "PROC": "CORE",
                    "ERRES": state, "ERPCT": percent, "PRRES": state, "PRPCT": percent,
                    "KI67": "35", "HER2IHC": "3+", "ISHYN": "N", "HER2STAT": "POSITIVE",
                    "GUIDE": "ASCO2018", "MRDUSE": "Y",
                }],
            },
        )  # fmt: skip
        treated, switched = first + timedelta(days=14), first + timedelta(days=190)
        drugs: list[dict[str, Value]] = [{"DRUG": "TRASB", "BRAND": "HLX02"}, {"DRUG": "PERT"}]
        yield self._form("PRT", "SCR", {
            "SETTING": "ADV", "REGIMEN": "THP", "STDAT": _iso(treated), "ONGO": "N",
            "CYCLES": "8", "BESTRESP": "PR", "CRLINE": "N", "LINENO": "1",
            "ENDAT": _iso(treated + timedelta(days=168)), "STOPRSN": "SWITCH_MAINT",
        }, {"PRTD": [*drugs, {"DRUG": "DOCE"}]})  # fmt: skip
        cycles = (self.consent - switched).days // 21
        yield self._form("PRT", "SCR", {
            "SETTING": "MAINT", "REGIMEN": "HP", "STDAT": _iso(switched), "ONGO": "Y",
            "CYCLES": str(cycles), "BESTRESP": "CR", "CRLINE": "Y", "LINENO": "1",
        }, {"PRTD": drugs})  # fmt: skip
        yield self._form("MH", "SCR", {
            "HTN": self.random.choice(["Y", "N", "N"]), "CAD": "N", "HF": "N", "ARR": "N",
            "DIAB": "N", "ANTHYN": "N", "SECMAL": "N",
        })  # fmt: skip
        reached = switched + timedelta(days=120)
        yield self._form(
            "CR",
            "SCR",
            {
                "CRYN": "Y", "CRCRIT": "RECIST 1.1", "CRDAT": _iso(reached), "CONFYN": "Y",
                "CONFDAT": _iso(reached + timedelta(days=84)), "CRTYPE": "SYST",
                "SCRIMGD": _iso(self.scan), "SCRRES": "CR",
                "MODAL": ["CONTRAST ENHANCED CT SCAN"], "REGION": self._regions(),
                "CNSIMG": "N", "PETYN": "N", "EVAL": "RADIOLOGIST",
            },
            {"CRL": [{"LNKID": "T01", "TYPE": "TARGET", "LOC": p.site_of_disease, "NODE": "N",
                      "STATE": "ABSENT", "BASEDIA": "22.0"}]},
        )  # fmt: skip

    def _screening(self) -> Iterator[StoryRecord]:
        failed = self.kind == "failure"
        yield self._mrd("SCR", self.sample, "SCREEN", positive=failed)
        yield self._markers("SCR", self.sample)
        yield self._form("PS", "SCR", {"PERF": "Y", "RSDAT": _iso(self.consent), "ECOG": "0"})
        yield self._vitals("SCR", self.consent, height=True)
        yield self._laboratory("SCR", self.sample)
        yield self._heart("SCR", self.sample)
        items: dict[str, Value] = {f"INCL{n:02d}": "Y" for n in range(1, 11)}
        items |= {f"EXCL{n:02d}": "N" for n in range(1, 6)}
        if failed:
            items["INCL06"] = "N"
        items |= {
            "IEYN": "N" if failed else "Y",
            "IEDAT": _iso(self.decision),
            "IESTAFF": "INV01",
        }
        yield self._form("IE", "SCR", items)

    def _failure(self) -> StoryRecord:
        return self._form("EOS", "EOS", {
            "DSDECOD": "SCREEN FAILURE",
            "DSSTDAT": _iso(self.decision + timedelta(days=2)),
            "LSTCONT": _iso(self.decision),
        })  # fmt: skip

    # The study.

    def _choice(self) -> Iterator[StoryRecord]:
        pause = self.paused
        yield self._visit("C0", self.t0)
        yield self._form("PS", "C0", {"PERF": "Y", "RSDAT": _iso(self.t0), "ECOG": "0"})
        main = self.random.choice(["LONGCR", "TOX", "QOL"] if pause else ["FEAR", "DOCTOR"])
        items: dict[str, Value] = {
            "TCDAT": _iso(self.t0), "GROUP": "INTERMISSION" if pause else "CONTINUE",
            "AUTON": "Y", "ENRYN": "Y", "ENRDAT": _iso(self.t0), "REASON": [main],
            "REASMAIN": main, "WHO": ["NURSE", "ONCOL"],
            "DISCDAT": _iso(self.t0 - timedelta(days=2)), "AID": ["LEAFLET", "ORAL"],
            "INFREL": "Y", "INFSTD": "Y", "INFCHG": "Y", "INFMRD": "Y",
            "CERTAIN": str(self.random.randint(6, 10)), "LASTREG": "HP",
            "LASTDOSE": _iso(self.t0 - timedelta(days=12)),
            "ETCONT": "CONT" if self.person.hormone else "NA",
        }  # fmt: skip
        if pause:
            items["INTSTDAT"] = _iso(self.t0)
        yield self._form("TC", "C0", items)
        if not pause:
            first = self.t0 + timedelta(days=8)
            yield from self._doses("CONT", first, (self.today - first).days // 21 + 1, 1)

    def _follow_up(self) -> Iterator[StoryRecord]:
        turn = self.random.choice([2, 3, 4])
        visits = [("W06", self.t0 + timedelta(days=42))]
        visits += [(f"M{m:02d}", add_months(self.t0, m)) for m in _MONTHS]
        resumed = False
        for n, (event, target) in enumerate(visits):
            day = target + timedelta(days=self.random.randint(-5, 5))
            if day + timedelta(days=40) > self.today:
                return
            turned = n == turn and self.kind in ("converted", "progressed")
            on = self.kind == "continued" or resumed
            yield from self._scheduled(event, day, positive=turned, on=on)
            if not turned:
                continue
            if day + timedelta(days=200) > self.today:
                return  # too fresh for what must follow; such a subject stays at this visit
            yield from self._conversion(day)
            if self.kind == "progressed":
                yield from self._progression(day + timedelta(days=75))
                return
            yield from self._resumption(day + timedelta(days=35))
            resumed = True

    def _scheduled(
        self, event: str, day: date, *, positive: bool, on: bool
    ) -> Iterator[StoryRecord]:
        yield self._visit(event, day)
        yield self._mrd(event, day, "SCHED", positive=positive)
        yield self._markers(event, day)
        if event == "W06":
            return
        yield self._form("PS", event, {"PERF": "Y", "RSDAT": _iso(day), "ECOG": "0"})
        yield self._imaging(event, day + timedelta(days=1), "CR")
        if on or event in ("M06", "M12", "M18", "M24"):
            yield self._heart(event, day)

    def _conversion(self, day: date) -> Iterator[StoryRecord]:
        confirm = day + timedelta(days=21)
        yield self._visit("UNS", confirm, UNSRSN="MRDCONF")
        yield self._mrd("UNS", confirm, "CONFIRM", positive=True)
        yield self._markers("UNS", confirm)
        resume = self.kind == "converted"
        yield self._form("CONV", "LOG", {
            "STATUS": "CONFIRMED", "CONFDAT": _iso(confirm), "IMGYN": "Y",
            "IMGDAT": _iso(day + timedelta(days=1)), "IMGRES": "CR",
            "INFDAT": _iso(day + timedelta(days=12)),
            "ACTION": "RESUME" if resume else "WATCH",
            "ACTDAT": _iso(day + timedelta(days=33)), "ACTWHO": "Y",
        })  # fmt: skip

    def _resumption(self, day: date) -> Iterator[StoryRecord]:
        yield self._heart("UNS", day - timedelta(days=2))
        yield self._form("RES", "LOG", {
            "RESDAT": _iso(day), "TRIG": "MRDPOS", "REGSAME": "SAME", "REGIMEN": "HP",
            "TUMSTAT": "CR", "CLRYN": "U", "SECYN": "N",
        })  # fmt: skip
        yield from self._doses("RESUME", day, (self.today - day).days // 21 + 1, 1)
        after = day + timedelta(days=90)
        yield self._visit("UNS", after, UNSRSN="OTHER", on=True)
        yield self._mrd("UNS", after, "POSTRES", positive=False)
        yield self._markers("UNS", after)

    def _progression(self, day: date) -> Iterator[StoryRecord]:
        yield self._visit("UNS", day, UNSRSN="SYMPTOM")
        yield self._imaging("UNS", day, "PD")
        yield self._form("PD", "LOG", {
            "PDDAT": _iso(day), "BASIS": ["NEWLES"], "SITES": [self.person.site_of_disease],
            "NLES": "1", "WHEN": "OFF", "SYMPYN": "N", "BXYN": "N", "EVAL": "INVESTIGATOR",
        })  # fmt: skip
        yield self._form("PST", "LOG", {
            "LINENO": "2", "REGIMEN": "T-DXd", "DRUGS": ["TDXD"],
            "STDAT": _iso(day + timedelta(days=14)), "ONGO": "Y", "BESTRESP": "NE",
        })  # fmt: skip

    # Forms.

    def _form(
        self,
        form: str,
        visit: str,
        items: dict[str, Value],
        rows: dict[str, list[dict[str, Value]]] | None = None,
    ) -> StoryRecord:
        return StoryRecord(form=form, visit=visit, items=items, rows=rows or {})

    def _visit(self, event: str, day: date, *, on: bool = False, **more: Value) -> StoryRecord:
        items: dict[str, Value] = {
            "VISIT": event, "STAT": "DONE", "VISDAT": _iso(day), "MODE": "IN PERSON",
            "CMYN": "N", "SYMPYN": "N", **more,
        }  # fmt: skip
        if event != "SCR":
            items["AEYN"] = "N"
        if event not in ("SCR", "C0"):
            items["TXYN"] = "Y" if on or self.kind == "continued" else "N"
        return self._form("SV", event, items)

    def _mrd(self, event: str, day: date, purpose: str, *, positive: bool) -> StoryRecord:
        self.samples += 1
        items: dict[str, Value] = {
            "PERF": "Y", "PURP": purpose, "SAMPDAT": _iso(day), "SAMPTIM": "09:15",
            "ROUTINE": "N", "SAMPID": f"B{self.site}{self.number:04d}-S{self.samples:02d}",
            "TUBE": "STRECK", "TUBEN": "2", "BLDVOL": "20.0",
            "PROCDAT": _iso(day + timedelta(days=1)), "PROCTIM": "14:00", "HEMOL": "NONE",
            "LABNAM": "MRD-LAB-A", "ASSAY": "PERSONAL-MRD", "APPR": "INFORMED", "METH": "WES",
            "TISSREF": "P01", "NTRACK": "16",
            "RESULT": "POSITIVE" if positive else "NEGATIVE",
            "RPTDAT": _iso(day + timedelta(days=10)),
            "CFDNA": f"{self.random.uniform(3, 12):.1f}",
            "DISCDAT": _iso(day + timedelta(days=12)),
        }  # fmt: skip
        if not positive:
            return self._form("MRD", event, {**items, "NDET": "0", "MTM": "0"})
        vaf = f"{self.random.uniform(0.01, 0.2):.3f}"
        items |= {"NDET": "4", "MVAF": vaf, "MTMQ": "EQ"}
        items["MTM"] = f"{self.random.uniform(0.3, 4):.2f}"
        variant: dict[str, Value] = {
            "GENE": "TP53", "CLASS": "SNV", "HGVSC": "c.524G>A", "HGVSP": "p.Arg175His",
            "VAF": vaf, "DEPTH": "100000", "TRACKED": "Y", "ORIGIN": "SOMATIC",
        }  # fmt: skip
        return self._form("MRD", event, items, {"MRDV": [variant]})

    def _markers(self, event: str, day: date) -> StoryRecord:
        value = self.person.marker + self.random.uniform(-1, 1)
        return self._form("TM", event, {
            "LBDAT": _iso(day), "LABNAM": f"SITE-LAB-{self.site}", "PLATF": "ROCHE",
            "CA153PERF": "Y", "CA153QUAL": "EQ", "CA153VAL": f"{value:.1f}",
            "CA153UNIT": "U/mL", "CA153ULN": "25.0", "CEAPERF": "N",
        })  # fmt: skip

    def _vitals(self, event: str, day: date, *, height: bool) -> StoryRecord:
        items: dict[str, Value] = {
            "PERF": "Y", "VSDAT": _iso(day), "TEMP": "36.5",
            "SYSBP": str(self.random.randint(105, 135)),
            "DIABP": str(self.random.randint(65, 85)),
            "PULSE": str(self.random.randint(60, 90)), "WEIGHT": f"{self.person.weight}.0",
        }  # fmt: skip
        if height:
            items["HEIGHT"] = f"{self.random.randint(150, 172)}.0"
        return self._form("VS", event, items)

    def _laboratory(self, event: str, day: date) -> StoryRecord:
        r = self.random.uniform
        tests = {
            "WBC": (r(4, 8), "3.5", "9.5"), "NEUT": (r(2, 5), "1.8", "6.3"),
            "HGB": (r(118, 145), "115", "150"), "PLAT": (r(150, 300), "125", "350"),
            "ALT": (r(10, 35), "7", "40"), "AST": (r(14, 33), "13", "35"),
            "BILI": (r(6, 18), "3", "21"), "ALB": (r(41, 50), "40", "55"),
            "CREAT": (r(45, 70), "41", "73"),
        }  # fmt: skip
        items: dict[str, Value] = {
            "PERF": "Y", "LBDAT": _iso(day), "LABNAM": f"SITE-LAB-{self.site}"
        }  # fmt: skip
        for name, (value, low, high) in tests.items():
            items[f"{name}VAL"] = f"{value:.1f}"
            items[f"{name}LLN"], items[f"{name}ULN"] = low, high
        return self._form("LAB", event, items)

    def _heart(self, event: str, day: date) -> StoryRecord:
        value = self.person.lvef + self.random.randint(-2, 2)
        return self._form("CV", event, {
            "PERF": "Y", "CVDAT": _iso(day), "METHOD": "TRANSTHORACIC ECHOCARDIOGRAPHY",
            "LVEF": str(value), "LLN": "50", "HFSYM": "N",
        })  # fmt: skip

    def _imaging(self, event: str, day: date, overall: str) -> StoryRecord:
        new = overall == "PD"
        items: dict[str, Value] = {
            "PERF": "Y", "STDAT": _iso(day), "ENDAT": _iso(day),
            "MODAL": ["CONTRAST ENHANCED CT SCAN"], "REGION": self._regions(),
            "EVAL": "INVESTIGATOR", "NEWYN": "Y" if new else "N",
            "TRG": "CR", "NTRG": "NA", "PETYN": "N", "OVRL": overall,
        }  # fmt: skip
        lesion: dict[str, Value] = {
            "LNKID": "N01", "LOC": self.person.site_of_disease,
            "METHOD": "CONTRAST ENHANCED CT SCAN", "DAT": _iso(day), "DIA": "14.0",
            "CERT": "UNEQUIVOCAL", "BXYN": "N",
        }  # fmt: skip
        return self._form("TA", event, items, {"NL": [lesion]} if new else {})

    def _doses(self, kind: str, first: date, times: int, cycle: int) -> Iterator[StoryRecord]:
        for drug, dose in (("TRASB", 6 * self.person.weight), ("PERT", 420)):
            items: dict[str, Value] = {
                "CAT": kind, "LINENO": "1", "DOSU": "mg", "FREQ": "EVERY 3 WEEKS",
                "ROUTE": "INTRAVENOUS", "ADJYN": "N", "LAST": "N", "CYCLE": str(cycle),
                "DRUG": drug, "STDAT": _iso(first), "DOSE": str(dose),
            }  # fmt: skip
            repeat = Repeat(every_days=_CYCLE.days, times=max(times, 1))
            yield StoryRecord(form="TX", visit="LOG", items=items, repeat=repeat)

    def _regions(self) -> list[str]:
        return sorted({"CHEST", "ABD", "PELVIS", "BREAST", self.person.region})


def resident_id(born: date, number: int) -> str:
    """An identity number of the non-existent region 990101 with a right check digit (female)."""
    body = f"990101{born:%Y%m%d}{number % 50 * 20 % 1000 // 10:02d}{number % 5 * 2}"
    total = sum(int(d) * w for d, w in zip(body, _WEIGHTS, strict=True))
    return body + _CHECK[total % 11]


def _han(number: int) -> str:
    """The number in Chinese digits: a name may hold no others."""
    return "".join("零一二三四五六七八九"[int(d)] for d in str(number))


def _iso(day: date) -> str:
    return day.isoformat()
