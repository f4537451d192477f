"""For every numbered check: changes to a story after which it fires, and near misses.

A is the screen failure, B the intermission with a conversion, D the continued treatment.
"""

from __future__ import annotations

from dataclasses import dataclass

A, B, D = "01-001", "01-002", "01-004"


@dataclass(frozen=True)
class Case:
    """A story with changes (see :mod:`tests.study.edits`)."""

    subject: str
    edits: tuple[str, ...]


def case(subject: str, *edits: str) -> Case:
    return Case(subject, edits)


CRITERIA = ("SDTH", "SLIFE", "SHOSP", "SDISAB", "SCONG", "SMIE")
LAB_TESTS = (
    *("WBC", "NEUT", "LYM", "HGB", "PLAT", "ALT", "AST", "ALP"),
    *("BILI", "ALB", "CREAT", "LDH", "K", "TROPONI", "BNPPRONT"),
)
LATER_AE = "+AE@LOG STDAT=2025-09-20; PRE=N; ONGO=Y"

FIRES: dict[str, tuple[Case, ...]] = {
    "EC-001": (
        case(B, "VS@SCR.VSDAT=2025-09-20"),
        case(B, "TM@SCR.LBDAT=2025-09-20"),
        case(B, "LAB.LBDAT=2025-09-20", "MRD@SCR.ROUTINE=Y"),
        case(B, "IC.RFICDAT="),
    ),
    "EC-002": (case(B, "ID.IDNO=990101197809020228"), case(B, "ID.IDNO=99010119780902022")),
    "EC-003": (case(B, "ID.BRTHDAT=1978-09-03"), case(B, "DM.SEX=M")),
    "EC-004": (case(B, "ID.BRTHDAT=2007-09-25"),),
    "EC-005": (case(B, "IC.ICSENS=N"), case(B, "IC.ICDATA=N")),
    "EC-006": (case(B, "IC.ICHGR=N"),),
    "EC-007": (
        case(D, "GS.TEXT=测 试丁 telephoned"),
        case(D, "GS.TEXT=call 138-0013-8000"),
        case(D, "GS.TEXT=see syn0004"),
        case(D, "GS.TEXT=ID 11010519491231002X"),
    ),
    "EC-008": (case(B, "SV@M18.VISDAT=2027-07-22"), case(B, "PRT.STDAT=2027-07")),
    "EC-009": (
        case(B, "DM.CETHNIC="),
        case(B, "DM.SEX=?UNK"),
        case(B, "BCH/PATH#1.HER2CN="),
    ),
    "EC-010": (case(B, "BCH.PRIMDAT=1993-09-01"), case(B, "BCH.PRIMDAT=2021-12")),
    "EC-011": (case(B, "BCH.STAGE=IIIA"), case(D, "BCH.STAGE=IV")),
    "EC-012": (case(D, "BCH.STAGE=IIB"), case(D, "BCH.AJCCN=N3")),
    "EC-013": (case(B, "CR.CRDAT=2021-11-01"),),
    "EC-014": (
        case(B, "BCH.METYN=N"),
        case(B, "-BCH/MET"),
        case(B, "BCH.METYN=N", "-BCH/MET"),
        case(B, "BCH.METYN=N", "BCH.ADVTYPE=LABC"),
    ),
    "EC-015": (case(D, "BCH.PRIMDAT=2022-02"),),
    "EC-016": (
        case(D, "BCH/PATH#1.ERPCT=0"),
        case(B, "BCH/PATH#1.PRPCT=1"),
        case(D, "BCH/PATH#1.ERRES=NEGATIVE"),
        case(D, "BCH/PATH#1.PRPCT=0"),
    ),
    "EC-017": (case(B, "BCH/PATH#1.ISHYN=N"),),
    "EC-018": (case(B, "BCH/PATH#1.HER2RAT=3.10"),),
    "EC-019": (
        case(B, "BCH/PATH#1.HER2STAT=NEGATIVE"),
        case(B, "BCH/PATH#1.HER2RAT=1.5", "BCH/PATH#1.HER2CN=5.9"),
    ),
    "EC-020": (case(A, "PRT#2.ENDAT=2022-03-01"), case(A, "PRT#2.ENDAT=2027-07-01")),
    "EC-021": (case(B, "PRT#1.ONGO=Y"),),
    "EC-022": (
        case(B, "PRT#1.LINENO=2"),
        case(A, "PRT#3.LINENO=1"),
        case(A, "PRT#3.LINENO=3"),
        case(B, "PRT#1.SETTING=ADJ"),
        case(A, "PRT#1.SETTING=NEOADJ", "PRT#3.LINENO=3"),
        case(B, "PRT#2.LINENO=2"),
        case(A, "PRT#2.SETTING=ADJ"),
    ),
    "EC-023": (case(A, "PRT#3.PDDAT=2025-01"), case(D, "PRT#4.PDDAT=2025-01-01")),
    "EC-024": (case(B, "PRT#1.CRLINE=Y"), case(B, "PRT#2.CRLINE=N")),
    "EC-025": (case(B, "MH.ANTHYN=Y"), case(D, "MH.ANTHYN=N")),
    "EC-026": (case(B, "PRT#2/PRTD#1.DRUG=PACL", "PRT#2/PRTD#2.DRUG=PACL"),),
    "EC-027": (case(B, "PRT#1.STDAT=2020-07"),),
    "EC-030": (case(B, "CR.CRDAT=2022-05-30"), case(B, "CR.SCRIMGD=2022-10-17")),
    "EC-031": (case(B, "CR.CONFDAT=2022-11-14"),),
    "EC-032": (case(B, "CR.CONFYN=N"),),
    "EC-033": (case(B, "CR.SCRIMGD=2025-09-07"),),
    "EC-034": (
        case(B, "CR.CRTYPE=SYSTLOC"),
        case(B, "+PRX@SCR TYPE=METAX; INTENT=CONS; STDAT=2022-09"),
        case(B, "CR.CRTYPE=SYSTLOC", "+PRX@SCR TYPE=METAX; INTENT=PAL; STDAT=2022-09"),
        case(B, "CR.CRTYPE=SYSTLOC", "+PRX@SCR TYPE=METAX; INTENT=CONS; STDAT=2022-11"),
    ),
    "EC-035": (case(B, "CR.SCRRES=EQUIVOCAL"),),
    "EC-036": (case(B, "CR.REGION=[CHEST|PELVIS|BREAST]"), case(B, "BCH/MET#1.LOC=BRAIN")),
    "EC-037": (
        case(B, "CR/CRL#3.TYPE=TARGET", "CR/CRL#3.LOC=LIVER"),
        case(
            B,
            *(
                f"CR/CRL#{n}.{i}"
                for n, s in enumerate(("LIVER", "LIVER", "LUNG", "LUNG", "BONE", "BONE"), 1)
                for i in ("TYPE=TARGET", f"LOC={s}")
            ),
        ),
    ),
    "EC-038": (case(B, "CR/CRL#1.STATE=PRESENT"), case(B, "CR/CRL#3.STATE=EQUIVOCAL")),
    "EC-039": (case(B, "CR/CRL#3.CRDIA=10.0"),),
    "EC-040": (case(B, "MRD@SCR.SAMPDAT=2025-09-20"),),
    "EC-041": (
        case(B, "MRD@M03.SAMPID=B0001-S02"),
        case(B, "MRD@M03.SAMPID=SYN0002"),
        case(B, "MRD@M03.SAMPID=样本03"),
    ),
    "EC-042": (
        case(B, "MRD@M06.TUBE=EDTA"),
        case(B, "MRD@M06.PROCDAT=2026-04-28"),
    ),
    "EC-043": (
        case(B, "MRD@M18.ASSAY=OTHER-MRD"),
        case(B, "MRD@M18.APPR=NAIVE"),
        case(B, "MRD@M18.LABNAM=MRD-LAB-B"),
    ),
    "EC-044": (case(B, "MRD@M03.TISSREF=P07"),),
    "EC-045": (case(B, "MRD@M18.RESULT=?PEND"),),
    "EC-046": (case(B, "MRD@M03.RPTDAT=2026-01-10"), case(B, "MRD@SCR.RPTDAT=2025-09-25")),
    "EC-047": (case(B, "MRD@M09.NDET=17"),),
    "EC-048": (
        case(B, "MRD@M03.MTM=0.50"),
        case(B, "MRD@M03.NDET=2"),
        case(B, "MRD@M03/MRDV#1.ORIGIN=SOMATIC"),
        case(B, "MRD@M03.MVAF=0.01"),
    ),
    "EC-049": (case(B, "MRD@M03.ERBB2=AMP"),),
    "EC-050": (case(B, "MRD@M09/MRDV#1.VAF=45"), case(B, "MRD@M09/MRDV#1.VAF=95.1")),
    "EC-051": (case(B, "MRD@M09/MRDV#1.ORIGIN=CHIP", "MRD@M09/MRDV#2.ORIGIN=GERMLINE"),),
    "EC-052": (case(D, "CONV.CONFDAT=2026-07-25"), case(D, "CONV.CONFDAT=2026-06-17")),
    "EC-053": (
        case(D, "CONV.STATUS=CONFIRMED"),
        case(B, "CONV.STATUS=TRANSIENT"),
        case(D, "MRD@M06.RESULT=NEGATIVE"),
        case(D, "TODAY=2026-06-20", "-MRD@UNS", "-MRD@M09", "-MRD@M12", "-MRD@M15", "-MRD@M18"),
    ),
    "EC-054": (case(D, "-TA@M06"), case(D, "TA@M06.PERF=N")),
    "EC-055": (case(D, "CONV.ACTION=PENDING"),),
    "EC-056": (
        case(B, "RES.RESDAT=2026-08-25"),
        case(B, "TC.INTSTDAT=2026-08-20"),
        case(B, "TX#1.CAT=CONT", "TX#2.CAT=CONT"),
    ),
    "EC-057": (
        case(B, "RES.TRIG=IMGPD"),
        case(B, "RES.TRIG=MARKER"),
        case(B, "MRD@M09.RESULT=NEGATIVE", "MRD@UNS.RESULT=NEGATIVE"),
        case(B, "RES.RESDAT=2026-07-21"),
        case(B, "RES.TRIG=MARKER", "TM@M12.CA153VAL=31.0"),
        case(B, "RES.TRIG=MARKER", "TM@M03.CA153VAL=31.0"),
    ),
    "EC-058": (case(D, "-CONV"),),
    "EC-059": (
        case(B, "-MRD@UNS#2"),
        case(B, "MRD@UNS#2.SAMPDAT=2026-12-03"),
        case(B, "MRD@UNS#2.PERF=N"),
    ),
    "EC-066": (case(B, "MRD@M09.MTM=", "MRD@M09.MVAF=?NAV"),),
    "EC-060": (case(B, "TM@M12.CA153VAL=31.0"),),
    "EC-061": (case(B, "TM@M12.PLATF=ABBOTT"), case(B, "TM@M12.LABNAM=SITE-LAB-02")),
    "EC-062": (
        case(B, "TM@M12.CA153ULN=26"),
        case(B, "TM@M12.CEAULN=5.0"),
        case(B, *(f"TM@{v}.CA125ULN={n}" for v, n in (("M06", 35), ("M09", 36)))),
    ),
    "EC-063": (case(B, "TM@M12.CA153ULN=250.0"), case(B, "TM@M12.CEAULN=2.9")),
    "EC-064": (case(B, "TM@SCR.CA153VAL=22.5"),),
    "EC-070": (
        case(A, "IE.INCL06=Y"),
        case(B, "CR.SCRIMGD=2025-08-20"),
        case(B, "IE.IEYN=N"),
        case(B, "MH.SECMAL=Y"),
    ),
    "EC-071": (case(B, "IE.IEYN=N"), case(B, "-IE")),
    "EC-072": (case(B, "TC.TCDAT=2025-10-14"), case(B, "IC.RFICDAT=2025-10-21")),
    "EC-073": (case(B, "TC.AUTON=N"), case(D, "TC.INFREL=N"), case(B, "TC.INFSTD=N")),
    "EC-074": (case(B, "TC.REASMAIN=COST"),),
    "EC-075": (case(D, "TC.GROUP=INTERMISSION"),),
    "EC-076": (
        case(B, "TC.REASON=[FEAR]", "TC.REASMAIN=FEAR"),
        case(D, "TC.REASMAIN=TOX"),
    ),
    "EC-077": (case(B, "TC.LASTDOSE=2025-08-20"),),
    "EC-078": (
        case(B, "TC.ETCONT=CONT"),
        case(D, "TC.ETCONT=NA"),
        case(D, "TC.ETCONT=NA", "BCH/PATH#1.PRRES=NEGATIVE"),
        case(D, "TC.ETCONT=NA", "BCH/PATH#1.ERRES=NEGATIVE"),
    ),
    "EC-079": (
        case(D, "GS.GSDAT=2025-12-03"),
        case(D, "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-03-09"),
    ),
    "EC-080": (
        case(D, "GS.FROM=INTERMISSION", "GS.TO=CONTINUE"),
        case(D, "GS.TO=CONTINUE"),
    ),
    "EC-085": (
        case(B, "SV@M12.VISDAT=2026-07-01"),
        case(B, "+SV@M12 STAT=DONE; VISDAT=2026-10-22"),
    ),
    "EC-086": (case(B, "SV@M15.VISDAT=2027-02-04"), case(B, "SV@M12.VISDAT=2026-10-05")),
    "EC-087": (case(B, "-SV@M18"),),
    "EC-088": (case(B, "-TM@M06"), case(B, "-TA@M03"), case(B, "-MRD@W06")),
    "EC-090": (case(B, "TA@M03.ENDAT=2026-01-20"), case(B, "TA@M03.STDAT=2025-10-19")),
    "EC-091": (case(B, "TA@M03.MODAL=[ULTRASOUND]"),),
    "EC-092": (case(D, "TA@M12.REGION=[CHEST|PELVIS|NECK]"),),
    "EC-093": (case(B, "TA@M03/TAL#1.LNKID=T09"),),
    "EC-094": (
        case(
            B,
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=UNEQUIVOCAL",
        ),
        case(
            B,
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=UNEQUIVOCAL",
            "TA@M15/NL#1.LOC=LIVER",
            "TA@M15/NL#1.METHOD=MRI",
        ),
        case(
            B,
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=UNEQUIVOCAL",
            "TA@M15/NL#1.LOC=BONE",
            "TA@M15/NL#1.METHOD=PET/CT SCAN",
        ),
    ),
    "EC-095": (
        case(B, "SV@M12.VISDAT=2026-07-01"),
        case(B, "SV@M06.TXYN=Y"),
        case(D, "GS.GSDAT=2027-03-04", "SV@M18.TXYN=Y"),
    ),
    "EC-096": (case(B, "TA@M12.OVRL=PD", "TA@M12/NL#1.BXRES=BENIGN"),),
    "EC-097": (
        case(B, "TA@M12.OVRL=PD"),
        case(B, "TA@M12/NL#1.CERT=UNEQUIVOCAL"),
        case(B, "TA@M12/TAL#1.STATE=EQUIVOCAL"),
        case(B, "TA@M12/TAL#1.STATE=NE"),
    ),
    "EC-098": (
        case(B, "TA@M18.OVRL=EQUIVOCAL"),
        case(B, "TA@M15.OVRL=EQUIVOCAL"),
        case(B, "TA@UNS.OVRL=EQUIVOCAL", "TA@M12.PERF=N", "TA@M12.STDAT=2026-10-08"),
    ),
    "EC-099": (
        case(B, "TA@M18.OVRL=PD"),
        case(B, "TA@M18.OVRL=PD", "+PD@LOG PDDAT=2027-04-23; BASIS=[REAPP]"),
    ),
    "EC-107": (
        case(B, "+PD@LOG PDDAT=2027-04-22; WHEN=OFF"),
        case(B, "+PD@LOG PDDAT=2026-08-20; WHEN=RESUMED"),
    ),
    "EC-108": (case(B, "+PD@LOG PDDAT=2026-10-01; WHEN=RESUMED"),),
    "EC-100": (case(D, "GS.GSDAT=2027-02-20"),),
    "EC-101": (case(D, "TX#2.STDAT=2025-12-17"), case(D, "TX#1.STDAT=2025-12-02")),
    "EC-102": (case(D, "TX#1.DOSE=600"), case(D, "TX#1.DOSE=100"), case(D, "TX#14.DOSE=1")),
    "EC-103": (case(D, "TX#1.ROUTE=ORAL"), case(D, "TX#1.DRUG=PYRO")),
    "EC-104": (case(D, "TX#27.ADJYN=N"), case(D, "TX#28.ADJYN=N")),
    "EC-105": (case(D, "CM#1.TRT=Capecitabine tablets"), case(D, "CM#1.TRT=注射用曲妥珠单抗")),
    "EC-106": (case(D, "TX#1.LAST=Y"),),
    "EC-110": (case(D, "SV@M03.AEYN=Y"), case(D, "SV@W06.AEYN=N")),
    "EC-111": (case(D, "AE#1.STDAT=2025-10-03"), case(D, "AE#1.STDAT=2025-10")),
    "EC-112": (case(D, "AE#1.ENDAT=2026-01-01"), case(D, "AE#1.ENDAT=2025")),
    "EC-113": (
        case(D, "AE#3.GRADE=5"),
        case(D, "AE#3.OUT=FATAL"),
        case(D, "AE#3.GRADE=5", "AE#3.OUT=FATAL", "AE#3.SDTH=Y"),
        case(D, "AE#3.GRADE=5", "AE#3.SDTH=Y", "+DTH@LOG DTHDAT=2026-11-26"),
        case(D, "AE#3.GRADE=5", "AE#3.OUT=FATAL", "+DTH@LOG DTHDAT=2026-11-26"),
    ),
    "EC-114": (
        case(D, "AE#1.REL=NOTX"),
        case(D, "AE#1.REL=NOTX", "-*TX"),
    ),
    "EC-115": (
        case(D, "AE#1.ACN=NOT APPLICABLE"),
        case(B, "+AE@LOG STDAT=2026-03-01; ACN=DRUG INTERRUPTED"),
        case(B, "+AE@LOG STDAT=2025-09-30; ACN=NOT APPLICABLE"),
    ),
    "EC-116": (case(D, "AE#1.OUT=RECOVERING/RESOLVING"), case(D, "AE#1.ONGO=Y")),
    "EC-117": (
        case(D, "AE#2.SHOSP=N"),
        case(D, "AE#1.GRADE=5"),
        case(D, "AE#2.SER=N"),
        *(case(D, f"AE#1.{c}=Y") for c in CRITERIA),
    ),
    "EC-118": (case(D, "AE#2.RPTDAT=2026-07-04"), case(D, "AE#2.RPTDAT=?UNK")),
    "EC-119": (
        case(D, "-AE#3"),
        case(D, "AE#3.ENDAT=2026-10-07"),
        case(D, "AE#3.CTC=Heart failure"),
        case(D, "AE#3.STDAT=2026-09-03"),
    ),
    "EC-120": (case(B, "VS.SYSBP=74"),),
    "EC-121": (case(B, "+VS@M03 PERF=Y; VSDAT=2026-01-20; WEIGHT=61.7"),),
    "EC-122": (case(B, "PS@M03.ECOG=2"),),
    "EC-125": (
        case(B, "LAB.ALTVAL=80", "LAB.ALTCS=CS"),
        *(case(B, f"LAB.{t}CS=CS") for t in LAB_TESTS),
        case(B, "LAB.ALTCS=CS", "+AE@LOG STDAT=2025-09-26; ONGO=Y"),
        case(B, "LAB.ALTCS=CS", "+AE@LOG STDAT=2025-09-20; ONGO=N; ENDAT=2025-09-24"),
    ),
    "EC-126": (
        case(B, "LAB.HCGRES=POSITIVE"),
        case(B, "+LAB@M03 PERF=Y; LBDAT=2026-01-20; HCGRES=POSITIVE"),
    ),
    "EC-127": (
        case(B, "LAB.HGBVAL=12.8"),
        case(B, "LAB.CREATVAL=0.6"),
        case(B, "LAB.BILIVAL=0.7"),
    ),
    "EC-130": (
        case(B, "CV@M12.LVEF=49"),
        case(D, "CV@UNS.LLN=52"),
        case(B, "CV@SCR.LVEF=58", "CV@M12.LVEF=49"),
        case(B, "CV@SCR.LVEF=70", "CV@M12.LVEF=54"),
        case(B, "CV@M12.LVEF=54", "CV@M12.LLN=55"),
    ),
    "EC-131": (case(D, "-CV@M06"), case(D, "-CV@SCR", "-CV@M03"), case(B, "-CV@M18")),
    "EC-132": (case(B, "CV@M12.METHOD=MUGA"),),
    "EC-133": (case(B, "-CV@UNS"), case(B, "CV@UNS.LVEF=")),
    "EC-140": (case(B, "+QOL@M09 PERF=Y; QSDAT=2026-08-04"),),
    "EC-141": (case(B, "QOL.FACTB=121.0"), case(B, "QOL.FACTB=111.2")),
    "EC-150": (
        case(B, "+SS@SFU SURV=DEAD; SSDAT=2027-06-01"),
        case(B, "+DTH@LOG DTHDAT=2027-05", "+SS@SFU SURV=ALIVE; SSDAT=2027-06-01"),
        case(B, "+DTH@LOG DTHDAT=2027-05", "+SS@SFU SURV=ALIVE; LSTALV=2027-06-01"),
    ),
    "EC-151": (
        case(B, "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-06-02"),
        case(B, "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-04-21"),
        case(
            B,
            "+SS@SFU SSDAT=2027-05-20; LSTALV=2027-05-20",
            "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-05-19",
        ),
    ),
    "EC-152": (case(B, "+DTH@LOG DTHDAT=2027-05"),),
    "EC-153": (
        case(B, "+DTH@LOG DTHDAT=2027-06; PDYN=Y"),
        case(B, "+DTH@LOG DTHDAT=2027-06; PDYN=N", "+PD@LOG PDDAT=2027-06-01"),
    ),
    "EC-155": (
        case(A, "IE.IEYN=Y"),
        case(B, "IE.IEYN=N", "+EOS@EOS DSDECOD=SCREEN FAILURE; DSSTDAT=2027-06-01"),
    ),
    "EC-156": (
        case(B, "+EOS@EOS DSDECOD=DEATH; DSSTDAT=2027-06-01"),
        case(B, "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-06-01", "+DTH@LOG DTHDAT=2027-06"),
    ),
    "EC-157": (
        case(
            B,
            "+EOS@EOS DSDECOD=LOST TO FOLLOW-UP; DSSTDAT=2027-06-01; LTFATT=2; LSTCONT=2026-01-01",
        ),
        case(
            B,
            "+EOS@EOS DSDECOD=LOST TO FOLLOW-UP; DSSTDAT=2027-06-01; LTFATT=3; LSTCONT=2026-12-04",
        ),
    ),
    "EC-158": (case(B, "+EOS@EOS DSDECOD=WITHDRAWAL OF CONSENT; DATAUSE=N"),),
    "EC-159": (case(B, "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-04-21"),),
    "EC-160": (case(B, "DV.CAT=ELIG"),),
    "EC-161": (
        case(B, "IE.INCL08=N"),
        case(B, "CR.SCRIMGD=2025-08-20", "IE.INVCOMM=scan repeated elsewhere"),
    ),
    "EC-162": (case(B, "-DV"), case(D, "-SV@M18")),
}

QUIET: dict[str, tuple[Case, ...]] = {
    "EC-001": (
        case(B, "VS@SCR.VSDAT=2025-09-24"),
        case(B, "TM@SCR.LBDAT=2025-09-20", "MRD@SCR.ROUTINE=Y"),
        case(B, "MRD@SCR.ROUTINE=Y"),
    ),
    "EC-002": (case(B, "ID.IDTYPE=PASSPORT", "ID.IDNO=E12345678"), case(B, "ID.IDNO=?REF")),
    "EC-003": (case(B, "ID.IDTYPE=PASSPORT", "ID.BRTHDAT=1978-09-03"),),
    "EC-004": (case(B, "ID.BRTHDAT=2007-09-24"),),
    "EC-005": (case(B, "IC.ICBANK=N"),),
    "EC-006": (case(B, "IC.ICHGR=N", "-*MRD"),),
    "EC-007": (
        case(D, "GS.TEXT=测试 of the heart, 13 800 138 000 cells"),
        case(D, "MRD@SCR.SAMPID=13800138000"),
    ),
    "EC-008": (
        case(B, "SV@M18.VISDAT=2027-06-30"),
        case(B, "PRT.STDAT=2027"),
        case(B, "TA@M18.REIMG=2027-08-01"),
    ),
    "EC-009": (case(B, "DM.CETHNIC=?UNK"), case(B, "DM.INSTYPE=")),
    "EC-010": (case(B, "BCH.PRIMDAT=1993-09-02"), case(B, "BCH.PRIMDAT=2021")),
    "EC-011": (case(D, "BCH.STAGE=IIIA"),),
    "EC-012": (case(D, "BCH.AJCCN=N1", "BCH.STAGE=IIB"), case(D, "BCH.AJCCT=TX")),
    "EC-013": (case(B, "CR.CRDAT=2021-11-08"), case(B, "BCH.ADVDAT=2022-10")),
    "EC-014": (
        case(B, "BCH.METYN=N", "BCH.ADVTYPE=LABC", "-BCH/MET"),
        case(B, "BCH.METYN=Y", "BCH.ADVTYPE=LABC"),
    ),
    "EC-015": (case(D, "BCH.PRIMDAT=2022-01"),),
    "EC-016": (case(D, "BCH/PATH#1.ERPCT=1"),),
    "EC-017": (case(B, "BCH/PATH#1.ISHYN=N", "BCH/PATH#1.HER2STAT=UNDET"),),
    "EC-018": (case(B, "BCH/PATH#1.HER2RAT=4.65"), case(B, "BCH/PATH#1.CEP17CN=")),
    "EC-019": (case(B, "BCH/PATH#1.ISHYN=N", "BCH/PATH#1.HER2STAT=UNDET"),),
    "EC-020": (case(A, "PRT#1.ENDAT=2018-07"),),
    "EC-021": (case(B, "PRT#1.ONGO=Y", "PRT#1.SETTING=ADJ"),),
    "EC-022": (
        case(B, "+PRT@SCR SETTING=ADV; LINENO=2"),
        case(B, "PRT#2.LINENO="),
        case(A, "PRT#1.LINENO=1"),
    ),
    "EC-023": (
        case(A, "PRT#3.PDDAT=2024-12"),
        case(A, "PRT#2.PDDAT=2025-01"),
        case(D, "PRT#2.PDDAT=2025-01"),
    ),
    "EC-024": (
        case(B, "PRT#1.CRLINE=Y", "PRT#2.CRLINE=N"),
        case(A, "PRT#2.CRLINE=Y"),
        case(B, "PRT#1.CRLINE=Y", "TC.ENRYN=N"),
    ),
    "EC-025": (case(B, "MH.ANTHYN=Y", "PRT#1/PRTD#3.DRUG=ANTH"), case(D, "MH.ANTHYN=U")),
    "EC-026": (
        case(B, "PRT#2/PRTD#1.DRUG=PACL"),
        case(B, "PRT#2/PRTD#1.DRUG=H2OTH"),
        case(B, "PRT#2/PRTD#1.DRUG=PACL", "PRT#2/PRTD#2.DRUG=PACL", "IE.INCL04=N"),
    ),
    "EC-027": (
        case(B, "PRT#1.STDAT=2020-08"),
        case(B, "PRT#1.STDAT=2020-07", "PRT#1/PRTD#4.DRUG=TRIAL"),
    ),
    "EC-030": (case(B, "CR.CRDAT=2022-05-31"),),
    "EC-031": (case(B, "CR.CONFDAT=2022-11-15"),),
    "EC-032": (case(B, "CR.CRYN=N", "CR.CONFYN=N"),),
    "EC-033": (case(B, "CR.SCRIMGD=2025-09-08"),),
    "EC-034": (
        case(B, "CR.CRTYPE=SYSTLOC", "+PRX@SCR TYPE=METAX; INTENT=CONS; STDAT=2022-10"),
        case(B, "CR.CRTYPE=SYSTLOC", "CR.CRDAT="),
        case(B, "CR.CRTYPE=", "+PRX@SCR TYPE=METAX; INTENT=CONS; STDAT=2022-09"),
        case(B, "+PRX@SCR TYPE=METAX; INTENT=PAL; STDAT=2022-09"),
        case(B, "+PRX@SCR TYPE=METAX; INTENT=CONS; STDAT=2022-11"),
    ),
    "EC-035": (case(B, "CR.SCRRES=EQUIVOCAL", "TC.ENRYN=N"),),
    "EC-036": (case(B, "CR.REGION=[WB]"), case(B, "BCH/MET#1.LOC=SKIN")),
    "EC-037": (case(B, "CR/CRL#3.TYPE=TARGET"), case(B, "CR/CRL#3.LOC=LIVER")),
    "EC-038": (case(B, "CR/CRL#1.STATE=PRESENT", "CR.CRYN=N"),),
    "EC-039": (
        case(B, "CR/CRL#3.CRDIA=9.9"),
        case(B, "CR/CRL#3.CRDIA=12", "CR/CRL#3.NODE=N"),
        case(B, "CR/CRL#3.CRDIA=12", "CR/CRL#3.STATE=SCAR"),
    ),
    "EC-040": (case(B, "MRD@SCR.SAMPDAT=2025-09-20", "MRD@SCR.ROUTINE=Y"),),
    "EC-041": (case(B, "MRD@M03.SAMPID=B0001-S99"),),
    "EC-042": (
        case(B, "MRD@M06.TUBE=EDTA", "MRD@M06.PROCDAT=2026-04-21", "MRD@M06.PROCTIM=15:15"),
        case(B, "MRD@M06.TUBE=OTHER", "MRD@M06.PROCDAT=2026-04-30"),
    ),
    "EC-043": (case(B, "MRD@M18.ASSAYVER=2"), case(B, "MRD@SCR.ASSAY=?UNK")),
    "EC-044": (case(B, "MRD@M03.TISSREF=P07", "MRD@M03.APPR=NAIVE"), case(B, "MRD@M03.TISSREF=")),
    "EC-045": (
        case(B, "MRD@M18.RESULT=?PEND", "TODAY=2027-05-20"),
        case(B, "MRD@M18.RESULT=?NAV"),
    ),
    "EC-046": (
        case(B, "MRD@M03.RPTDAT=2026-01-20"),
        case(B, "MRD@SCR.RPTDAT=2025-09-25", "MRD@SCR.APPR=NAIVE"),
    ),
    "EC-047": (case(B, "MRD@M09.NDET=16"),),
    "EC-048": (case(B, "MRD@M03.NDET=1"), case(B, "MRD@M03/MRDV#1.ORIGIN=CHIP")),
    "EC-049": (case(B, "MRD@M09.ERBB2=AMP"), case(B, "MRD@M03.ERBB2=NE")),
    "EC-050": (
        case(B, "MRD@M09/MRDV#1.VAF=44.9"),
        case(B, "MRD@M09/MRDV#1.VAF=50", "MRD@M09/MRDV#1.ORIGIN=GERMLINE"),
        case(B, "MRD@M09/MRDV#1.VAF=56"),
    ),
    "EC-051": (
        case(B, "MRD@M09/MRDV#1.ORIGIN=CHIP"),
        case(B, "-MRD@M09/MRDV"),
        case(
            B, "MRD@M09.RESULT=NEGATIVE", "MRD@M09/MRDV#1.ORIGIN=CHIP", "MRD@M09/MRDV#2.ORIGIN=CHIP"
        ),
    ),
    "EC-052": (case(B, "CONV.CONFDAT=2026-08-18"), case(B, "CONV.CONFDAT=2026-08-04")),
    "EC-053": (
        case(D, "MRD@UNS.RESULT=FAILED"),
        case(B, "MRD@UNS.RESULT=NEGATIVE", "CONV.STATUS=TRANSIENT"),
        case(B, "-MRD@UNS", "CONV.STATUS=NOTDONE"),
        case(D, "CONV.STATUS=", "MRD@M06.RESULT=NEGATIVE"),
    ),
    "EC-054": (case(D, "TA@M06.STDAT=2026-07-13"), case(D, "-TA@M06", "TODAY=2026-07-13")),
    "EC-055": (case(D, "CONV.ACTION=PENDING", "TODAY=2026-08-17"),),
    "EC-056": (case(B, "RES.RESDAT="),),
    "EC-057": (
        case(B, "RES.TRIG=IMGPD", "+PD@LOG PDDAT=2026-08-13"),
        case(B, "RES.TRIG=MARKER", "TM@UNS.CA153VAL=25.1"),
        case(B, "RES.TRIG=PATIENT"),
        case(B, "RES.TRIG=IMGPD", "RES.RESDAT="),
        case(B, "RES.TRIG=SYMPTOM", "MRD@M09.RESULT=NEGATIVE", "MRD@UNS.RESULT=NEGATIVE"),
        case(B, "RES.TRIG=MARKER", "TM@UNS.CEAVAL=5.0"),
        case(B, "RES.TRIG=MARKER", "TM@UNS.CA125VAL=40", "TM@UNS.CA125ULN=35"),
    ),
    "EC-058": (
        case(D, "-CONV", "TODAY=2026-06-29"),
        case(D, "-CONV", "MRD@M06.RESULT=INDETERMINATE"),
    ),
    "EC-059": (
        case(B, "MRD@UNS#2.SAMPDAT=2026-12-02"),
        case(B, "-MRD@UNS#2", "TODAY=2026-12-02"),
        case(B, "-MRD@UNS#2", "+PD@LOG PDDAT=2026-12-01"),
        case(B, "-MRD@UNS#2", "+DTH@LOG DTHDAT=2026-12"),
        case(B, "-MRD@UNS#2", "+EOS@EOS DSSTDAT=2026-12-01"),
    ),
    "EC-066": (case(B, "MRD@M09.MTM="), case(B, "MRD@M03.MTM="), case(B, "MRD@M09.MVAF=?NAV")),
    "EC-060": (
        case(B, "TM@M12.CA153VAL=25.0"),
        case(B, "TM@SCR.CA153VAL=31.0"),
        case(B, "TM@M09.CA153VAL=31.0", "-TM@M06", "-TM@M03", "-TM@W06", "-TM@SCR"),
        case(B, "+TM@SCR LBDAT=2025-10-10; CA153VAL=31; CA153ULN=25"),
    ),
    "EC-061": (case(B, "TM@M12.LABNAM=?UNK"),),
    "EC-062": (case(B, "TM@M12.CA153ULN=26", "TM@M12.PLATF=ABBOTT"),),
    "EC-063": (case(B, "TM@M12.CA153ULN=40"), case(B, "TM@M12.CEAULN=?UNK")),
    "EC-064": (
        case(B, "TM@SCR.CA153VAL=22.4"),
        case(B, "TM@M03.CA153VAL=24.0"),
        case(B, "TM@SCR.CA153VAL=25.1"),
    ),
    "EC-070": (
        case(B, "CR.SCRIMGD=2025-08-20", "IE.INVCOMM=scan repeated elsewhere"),
        case(A, "IE.EXCL01=Y"),
    ),
    "EC-071": (case(B, "IE.IEYN=N", "TC.TCDAT="),),
    "EC-072": (case(B, "TC.TCDAT=2025-10-15"),),
    "EC-073": (case(D, "TC.INFSTD=N"), case(B, "TC.AUTON=N", "TC.ENRYN=N")),
    "EC-074": (case(B, "TC.REASMAIN=QOL"),),
    "EC-075": (
        case(B, "TC.GROUP=CONTINUE"),
        case(D, "GS.TO=CONTINUE"),
        case(D, "TC.GROUP=INTERMISSION", "GS.TO=CONTINUE"),
    ),
    "EC-076": (
        case(B, "TC.REASMAIN=TRUST"),
        case(D, "TC.REASMAIN=DOCTOR"),
        case(B, "TC.REASMAIN=COST"),
        case(D, "TC.REASMAIN=FEAR"),
    ),
    "EC-077": (case(B, "TC.LASTDOSE=2025-08-21"),),
    "EC-078": (
        case(B, "TC.ETCONT=CONT", "BCH/PATH#1.ERRES=POSITIVE"),
        case(B, "TC.ETCONT=CONT", "-BCH/PATH"),
        case(B, "TC.ETCONT=CONT", "BCH/PATH#1.PRRES=POSITIVE"),
    ),
    "EC-079": (case(D, "GS.GSDAT=2025-12-04"),),
    "EC-080": (
        case(B, "+GS@LOG GSDAT=2027-01-10; FROM=CONTINUE; TO=INTERMISSION"),
        case(D, "+GS@LOG GSDAT=2027-05-10; FROM=INTERMISSION; TO=CONTINUE"),
    ),
    "EC-085": (case(B, "SV@M12.VISDAT=2026-07-21"), case(B, "SV@UNS.VISDAT=2026-12-31")),
    "EC-086": (case(B, "SV@M15.VISDAT=2027-02-03"), case(B, "SV@M15.VISDAT=2027-01-06")),
    "EC-087": (
        case(B, "-SV@M18", "TODAY=2027-05-04"),
        case(B, "-SV@M18", "+SV@M18 STAT=MISSED"),
        case(B, "-SV@M18", "+PD@LOG PDDAT=2027-05-04"),
        case(A, "-SV@SCR"),
    ),
    "EC-088": (
        case(B, "-TM@M06", "+TM@M06 LBDAT=2026-04-21; CA153PERF=N"),
        case(B, "-TM@M06", "SV@M06.STAT=PARTIAL"),
        case(B, "-MRD@W06", "IC.ICHGR=N"),
    ),
    "EC-090": (case(B, "TA@M03.ENDAT=2026-01-25"),),
    "EC-091": (
        case(B, "TA@M03.MODAL=[MRI|ULTRASOUND]"),
        case(B, "CR.MODAL="),
    ),
    "EC-092": (
        case(D, "TA@M12.REGION=[CHEST|PELVIS|NECK]", "TA@M12.OVRL=NE"),
        case(D, "TA@M12.REGION=[WB]"),
    ),
    "EC-093": (case(B, "TA@M03/TAL#1.LNKID=T01"), case(B, "TA@M03/TAL#1.STATE=ABSENT")),
    "EC-094": (
        case(
            B,
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=UNEQUIVOCAL",
            "TA@M15/NL#1.LOC=BONE",
            "TA@M15/NL#1.METHOD=MRI",
        ),
        case(B, "TA@M12/NL#1.LOC=BONE", "TA@M12/NL#1.METHOD=MRI", "TA@M12/NL#1.CERT=UNEQUIVOCAL"),
        case(
            B,
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=EQUIVOCAL",
        ),
        case(
            B,
            "CR.PETYN=Y",
            "TA@M12/NL#1.LOC=BONE",
            "TA@M12/NL#1.METHOD=PET/CT SCAN",
            "TA@M12/NL#1.CERT=UNEQUIVOCAL",
        ),
    ),
    "EC-095": (
        case(D, "SV@M18.TXYN=Y"),
        case(B, "SV@M12.VISDAT=2026-08-20"),
        case(B, "SV@M06.TXYN=Y", "+PST@LOG STDAT=2026-04-21"),
        case(B, "SV@M06.TXYN=Y", "+PST@LOG STDAT=2026-03"),
    ),
    "EC-096": (
        case(B, "TA@M12.OVRL=PD", "TA@M12/NL#1.BXRES=BENIGN", "TA@M12/NL#2.BXRES=MALIG"),
        case(B, "TA@M12.OVRL=PD", "TA@M12/NL#1.BXRES=BENIGN", "TA@M12/TAL#1.STATE=PRESENT"),
        case(B, "TA@M12/NL#1.BXRES=BENIGN"),
        case(B, "TA@M12.OVRL=PD"),
    ),
    "EC-097": (
        case(B, "TA@M12.OVRL=PD", "TA@M12/TAL#1.STATE=PRESENT"),
        case(D, "TA@M12.REGION=[CHEST|PELVIS|NECK]"),
        case(B, "TA@M12/NL#1.CERT=UNEQUIVOCAL", "TA@M12/NL#1.BXRES=BENIGN"),
    ),
    "EC-098": (
        case(B, "TA@M18.OVRL=EQUIVOCAL", "TODAY=2027-06-17"),
        case(B, "TA@UNS.OVRL=EQUIVOCAL", "TA@M12.STDAT=2026-10-08"),
        *(
            case(B, "TA@M18.OVRL=EQUIVOCAL", e)
            for e in (
                "+PD@LOG PDDAT=2027-06-01",
                "+DTH@LOG DTHDAT=2027-06",
                "+EOS@EOS DSSTDAT=2027-06-01",
            )
        ),
    ),
    "EC-099": (
        case(B, "TA@M18.OVRL=PD", "+PD@LOG PDDAT=2027-04-22; BASIS=[REAPP]"),
        case(B, "TA@M18.OVRL=PD", "+PD@LOG PDDAT=2027-04-01; BASIS=[CLIN|REAPP]"),
        case(
            B,
            "TA@M15.OVRL=EQUIVOCAL",
            "TA@M18.OVRL=PD",
            "+PD@LOG PDDAT=2027-02-09; BASIS=[NEWLES]",
        ),
    ),
    "EC-107": (
        case(B, "+PD@LOG PDDAT=2027-04-22; WHEN=RESUMED"),
        case(B, "+PD@LOG PDDAT=2026-08-20; WHEN=OFF"),
        case(D, "+PD@LOG PDDAT=2027-03-10; WHEN=ON"),
    ),
    "EC-108": (
        case(B, "+PD@LOG PDDAT=2026-10-01", "+PST@LOG STDAT=2026-10"),
        case(B, "+PD@LOG PDDAT=2027-04-22"),
        case(B, "+PD@LOG PDDAT=2027-04-01", "TA@M18.OVRL=PD"),
    ),
    "EC-100": (
        case(D, "GS.GSDAT=2027-02-26"),
        case(D, "GS.GSDAT=2027-02-20", "TX#32.CAT=NEXT", "TX#36.CAT=NEXT"),
    ),
    "EC-101": (
        case(D, "TX#2.STDAT=2025-12-18"),
        case(D, "TX#2.STDAT=2025-12-17", "TX#2.ROUTE=ORAL"),
        case(D, "TX#2.STDAT=2025-12-17", "TX#1.ROUTE=ORAL"),
    ),
    "EC-102": (
        case(D, "TX#1.DOSE=528"),
        case(D, "TX#1.DOSE=6", "TX#1.DOSU=mg/kg"),
        case(D, "TX#1.DOSE=0.36", "TX#1.DOSU=g"),
        case(D, "TX#1.DOSE=9999", "TX#1.DOSU=TABLET"),
    ),
    "EC-103": (
        case(D, "TX#1.DRUG=PYRO", "TX#1.ROUTE=ORAL"),
        case(D, "TX#1.ROUTE=SUBCUTANEOUS"),
    ),
    "EC-104": (case(D, "TX#2.STDAT=2026-01-08"), case(B, "TX#1.STDAT=2026-10-20")),
    "EC-105": (case(D, "CM#1.TRT=Zoledronic acid"),),
    "EC-106": (
        case(B, "+TX@LOG CAT=CONT; LINENO=1; DRUG=TRASB; STDAT=2026-08-01; LAST=Y"),
        case(D, "TX#1.LAST=Y", "TX#1.LINENO=2"),
    ),
    "EC-110": (
        case(D, "AE#1.STDAT=2026-01-14", "AE#1.ENDAT=2026-01-14", "SV@W06.AEYN=N"),
        case(D, "AE#1.ENDAT=2026-03", "SV@M03.AEYN=Y"),
    ),
    "EC-111": (case(D, "AE#1.STDAT=2025-10-03", "AE#1.PRE=Y"), case(D, "AE#1.STDAT=2025-11")),
    "EC-112": (case(D, "AE#1.ENDAT=2026-01"),),
    "EC-113": (
        case(
            D,
            "AE#3.GRADE=5",
            "AE#3.OUT=FATAL",
            "AE#3.SDTH=Y",
            "+DTH@LOG DTHDAT=2026-11-26",
        ),
        case(D, "AE#3.SDTH=Y"),
    ),
    "EC-114": (
        case(D, "AE#1.REL=NOTX", "AE#1.STDAT=2027-05-27"),
        case(D, "AE#1.REL=UNRELATED"),
    ),
    "EC-115": (
        case(B, "+AE@LOG STDAT=2026-03-01; ACN=NOT APPLICABLE"),
        case(B, "+AE@LOG STDAT=2026-03-01; ACN=UNKNOWN"),
        case(D, "+AE@LOG STDAT=2027-03-20; ACN=DRUG WITHDRAWN"),
    ),
    "EC-116": (
        case(D, "AE#1.OUT=UNKNOWN"),
        case(D, "AE#1.OUT=FATAL"),
        case(D, "AE#3.OUT=NOT RECOVERED/NOT RESOLVED", "AE#3.ONGO=Y"),
    ),
    "EC-117": (
        case(D, "AE#2.SHOSP=N", "AE#2.SLIFE=Y"),
        case(D, "AE#1.GRADE=4"),
        *(case(D, "AE#2.SHOSP=N", f"AE#2.{c}=Y") for c in CRITERIA),
    ),
    "EC-118": (case(D, "AE#2.RPTDAT=2026-07-02"),),
    "EC-119": (case(D, "AE#3.ENDAT=2026-10-08"), case(D, "AE#3.ONGO=Y", "AE#3.ENDAT=")),
    "EC-120": (case(B, "VS.SYSBP=75"),),
    "EC-121": (case(B, "+VS@M03 PERF=Y; VSDAT=2026-01-20; WEIGHT=61.6"),),
    "EC-122": (case(B, "PS@M03.ECOG=1"), case(B, "PS@SCR.ECOG=2")),
    "EC-125": (
        case(B, "LAB.ALTVAL=80", "LAB.ALTCS=NCS"),
        case(B, "LAB.ALTVAL=80", "LAB.ALTCS=CS", LATER_AE),
        case(B, "LAB.ALTCS=CS", "+AE@LOG STDAT=2025-09-20; ONGO=N; ENDAT=2025-09"),
    ),
    "EC-126": (
        case(B, "LAB.HCGRES=POSITIVE", "IE.EXCL03=Y"),
        case(
            B,
            "+LAB@M03 PERF=Y; LBDAT=2026-01-20; HCGRES=POSITIVE",
            "+AE@LOG STDAT=2026-01-20; SI=PREG",
        ),
    ),
    "EC-127": (case(B, "LAB.HGBVAL=25"), case(B, "LAB.CREATVAL=10"), case(B, "LAB.BILIVAL=1")),
    "EC-130": (
        case(B, "CV@M12.LVEF=50"),
        case(B, "CV@M12.LVEF=54", "CV@M12.LLN=50"),
        case(B, "CV@M12.LVEF=56", "CV@M12.LLN=60"),
    ),
    "EC-131": (
        case(D, "CV@M06.CVDAT=2026-05-30"),
        case(D, "-CV@M15", "GS.GSDAT=2027-03-06"),
        case(B, "CV@M18.CVDAT=2027-04-25"),
    ),
    "EC-132": (
        case(
            B,
            "+CV@SCR PERF=Y; CVDAT=2025-09-01; LVEF=60; METHOD=MUGA",
        ),
    ),
    "EC-133": (case(B, "CV@UNS.CVDAT=2026-05-12"), case(B, "-CV@UNS", "RES.RESDAT=")),
    "EC-140": (case(B, "+QOL@M09 PERF=Y; QSDAT=2026-08-03"),),
    "EC-141": (case(B, "QOL.FACTB=111.1"),),
    "EC-150": (
        case(B, "+SS@SFU SURV=DEAD; SSDAT=2027-06-01", "+DTH@LOG DTHDAT=2027-05"),
        case(B, "+SS@SFU SURV=ALIVE; SSDAT=2027-06-01", "+DTH@LOG DTHDAT=2027-06"),
        case(B, "+SS@SFU SURV=UNKNOWN; SSDAT=2027-06-01"),
    ),
    "EC-151": (
        case(B, "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-04-22"),
        case(
            B,
            "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-06-01",
            "+SS@SFU SSDAT=2027-05-20; LSTALV=2027-05-19",
        ),
        case(B, "SV@M18.MODE=TELEPHONE CALL", "+SS@SFU SSDAT=2027-06-01; LSTALV=2027-04-21"),
        case(B, "+SS@SFU SSDAT=2027-04-01; LSTALV=2027-04-01"),
    ),
    "EC-152": (case(B, "+DTH@LOG DTHDAT=2027-06"),),
    "EC-153": (
        case(B, "+DTH@LOG DTHDAT=2027-06; PDYN=Y", "+PD@LOG PDDAT=2027-06-01"),
        case(B, "+DTH@LOG DTHDAT=2027-06; PDYN=U"),
        case(B, "+DTH@LOG DTHDAT=2027-06; PDYN=N"),
    ),
    "EC-155": (
        case(B, "IE.IEYN=N", "-TC", "+EOS@EOS DSDECOD=SCREEN FAILURE; DSSTDAT=2025-11-01"),
        case(B, "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-06-01"),
    ),
    "EC-156": (
        case(B, "+EOS@EOS DSDECOD=DEATH; DSSTDAT=2027-06-01", "+DTH@LOG DTHDAT=2027-06-01"),
    ),
    "EC-157": (
        case(
            B,
            "+EOS@EOS DSDECOD=LOST TO FOLLOW-UP; DSSTDAT=2027-06-01; LTFATT=3; LSTCONT=2026-12-03",
        ),
    ),
    "EC-158": (
        case(B, "+EOS@EOS DSDECOD=WITHDRAWAL OF CONSENT; DATAUSE=Y"),
        case(B, "+EOS@EOS DSDECOD=COMPLETED; DATAUSE=N"),
    ),
    "EC-159": (
        case(B, "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-04-22"),
        case(
            B,
            "+EOS@EOS DSDECOD=COMPLETED; DSSTDAT=2027-04-22",
            "+SV@SFU STAT=DONE; VISDAT=2027-06-01",
        ),
    ),
    "EC-160": (case(B, "DV.CAT=ELIG", "DV.IMP=MAJOR"),),
    "EC-161": (
        case(B, "IE.INCL08=N", "+DV@LOG CAT=ELIG"),
        case(A, "IE.INCL08=N"),
        case(B, "IE.INCL08=N", "TC.ENRYN=N"),
    ),
    "EC-162": (case(B, "-DV", "SV@M15.VISDAT=2027-02-03"), case(D, "-SV@M18", "+DV@LOG CAT=VISIT")),
}
