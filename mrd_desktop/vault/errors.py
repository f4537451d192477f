"""Refusals of the vault: folders, keys, sign-in, permissions, storage, clock.

MrdError
└── VaultError
    ├── SiteError       NotAFolder, FolderDamaged, FolderExists, FolderInUse, FolderOfNewerProgram,
    │                   TrainingOnly, PlaceRefused, LinkInside, SiteDestroyed
    ├── SignInError     WrongPassword, OwnPasswordWrong, WrongCode, TryLater, CodeNeedsPassword,
    │                   WrongRecoverySheet
    ├── UserError       UserExists, UserUnknown, UserNameRefused, PasswordRefused, RoleRefused,
    │                   DutiesApart, NoDocument, NoDelegation, OwnAccount, MadeByYou,
    │                   ConfirmedAlone
    ├── PermissionDenied, VaultClosed, UnfitText, SessionLocked, SessionOver
    ├── NotActivated, ActivationRefused, RecordsMissing, RecordsAltered, ProgramNotReleased
    ├── UndertakingMissing, NotConfirmed
    ├── NotTrained, ExercisesOpen, CertificateRefused, TrainingRefused
    ├── ClockWentBack, ClockNotNoted
    ├── TrustError
    ├── BackupError
    └── StorageError    DiskFull, ReadOnlyFolder, DatabaseLocked, WrongKey, PagesDamaged,
                        StorageFault, KeyChangeCutOff; FilesApart
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mrd_desktop.errors import MrdError, printable
from mrd_desktop.texts import Text


class VaultError(MrdError):
    """Whatever the vault refuses."""

    code = "vault"
    template = Text("The act could not be done. {detail}", "操作未能完成。{detail}")


class SiteError(VaultError):
    """A site or store folder that cannot be used as it is."""

    code = "folder"


class NotAFolder(SiteError):
    """The path holds no site and no sponsor store."""

    code = "not_a_folder"
    template = Text(
        "“{detail}” is not a site folder. Choose the folder that holds site.json and data.mrd.",
        "“{detail}”不是研究中心文件夹。请选择含有 site.json 和 data.mrd 的文件夹。",
    )


class SiteDestroyed(SiteError):
    """Two people have destroyed what was here."""

    code = "site_destroyed"
    template = Text(
        "The records of this site were destroyed. “{detail}” holds the certificate alone.",
        "本中心的记录已销毁。“{detail}”中仅存销毁证明。",
    )


class FolderExists(SiteError):
    """A new folder was asked for where something stands already."""

    code = "folder_exists"
    template = Text(
        "“{detail}” already holds files. Choose a new, empty folder.",
        "“{detail}”中已有文件。请选择一个新的空文件夹。",
    )


class FolderDamaged(SiteError):
    """A file of the folder was changed or cut."""

    code = "folder_damaged"
    template = Text(
        "This folder is damaged ({detail}). Do not work on; restore the latest backup.",
        "此文件夹已损坏（{detail}）。请勿继续使用，请恢复最近一次备份。",
    )


class FolderOfNewerProgram(SiteError):
    """A folder of a format this program does not read."""

    code = "folder_newer"
    template = Text(
        "This folder has the format “{detail}”. Open it with the newer program version.",
        "此文件夹的格式为“{detail}”。请使用更新版本的程序打开。",
    )


class FolderInUse(SiteError):
    """Another process has the folder open."""

    code = "folder_in_use"
    template = Text(
        "This folder is open in another program ({host}, process {pid}). Close it there first.",
        "此文件夹正在另一个程序中使用（{host}，进程 {pid}）。请先在那里关闭。",
    )


class LinkInside(SiteError):
    """Something in a folder of ours is a link, so that work in it would change something else."""

    code = "link"
    template = Text(
        "“{name}” in this folder is a link: what is written here would land in another place too. "
        "Nothing was opened. Restore a backup to a new folder, or put the file itself there.",
        "此文件夹中的“{name}”是链接：写入的内容会同时落到其他位置。未打开任何内容。"
        "请将备份恢复到新文件夹，或以文件本身替换链接。",
    )


class PlaceRefused(SiteError):
    """A folder where no database can be kept safely."""

    code = "place"
    template = Text(
        "This folder cannot be worked in: {reason_en} Files are damaged there sooner or later. "
        "Close whatever uses it, copy the whole folder to this computer's own disk, and open it "
        "there. Backups and packages may go to such a place.",
        "不能在此文件夹中工作：{reason_zh}文件迟早会损坏。请先关闭占用它的程序，将整个文件夹复制到"
        "本机磁盘后再打开。备份和数据包可以存到此类位置。",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class SignInError(VaultError):
    """A sign-in that was refused."""

    code = "sign_in"


class SiteNumberRefused(SiteError):
    """A number of a site that is none: it stands in names of files."""

    code = "site_number"
    template = Text(
        "A site number has two digits, like 01. Give the number that the sponsor gave the site.",
        "中心编号为两位数字，如 01。请填写申办方给予的编号。",
    )


class SiteNameRefused(SiteError):
    """A name of a site that cannot be printed."""

    code = "site_name"
    template = Text(
        "A name of a site has 1 to 200 characters in one line, all of which print. Type it anew.",
        "中心名称须为 1 至 200 个字符，写在一行内且均可打印。请重新填写。",
    )


class TrainingOnly(SiteError):
    """Something that exists for exercises was asked of a live folder."""

    code = "training_only"
    template = Text(
        "This is possible in a training folder only; here real data are kept.",
        "此操作仅限培训用文件夹；当前文件夹保存的是真实数据。",
    )


class WrongPassword(SignInError):
    """Unknown user or wrong password: the two are never told apart."""

    code = "wrong_password"
    template = Text("User name or password is not right.", "用户名或密码不正确。")


class OwnPasswordWrong(WrongPassword):
    """A password asked of somebody who is signed in: whose it is, is no secret then."""

    template = Text("The password is not right.", "密码不正确。")


class WrongCode(WrongPassword):
    """As :class:`WrongPassword`, where what was typed looks like a one-time code.

    Whose it is stays untold; that codes end is told to whoever types one.
    """

    template = Text(
        "User name or one-time code is not right. A code ends with its first use, after 72 hours, "
        "and when the data key is changed. Whoever manages users can reset you, which gives a new "
        "one.",
        "用户名或一次性代码不正确。代码使用一次后、超过 72 小时或更换数据密钥后即作废。"
        "请联系管理用户的人员重置，以获得新代码。",
    )


class OtherUser(SignInError):
    """A locked session is opened by its own user only, who types name and password."""

    code = "other_user"
    template = Text(
        "{detail} is at work here. Type that user name, or choose Another user.",
        "当前使用者为 {detail}。请输入该用户名，或选择“切换用户”。",
    )


class TryLater(SignInError):
    """Too many wrong tries; ``seconds`` are left to wait."""

    code = "try_later"
    template = Text(
        "Too many wrong tries. Try again in {seconds} seconds.",
        "尝试次数过多。请在 {seconds} 秒后重试。",
    )


class CodeNeedsPassword(SignInError):
    """The one-time code is right; now the user chooses a password."""

    code = "code_needs_password"
    template = Text(
        "This is your one-time code. Choose your own password to go on.",
        "这是一次性启用码。请设置您自己的密码后继续。",
    )


class WrongRecoverySheet(SignInError):
    """A recovery sheet that opens nothing here; where it can, it names the group to look at.

    Attributes:
        half: ``A`` or ``B`` where one group of it is mistyped; else empty.
    """

    code = "wrong_sheet"
    template = Text(
        "The recovery sheet does not open this folder. {reason_en}",
        "该恢复单无法打开此文件夹。{reason_zh}",
    )

    def __init__(self, reason: Text, half: str = "") -> None:
        self.half = half
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class UserError(VaultError):
    """An act on a user account that was refused."""

    code = "user"


class UserExists(UserError):
    """The user name was given before, in whatever spelling; names are never used twice."""

    code = "user_exists"
    template = Text(
        "The user name “{detail}” is or was in use here. Choose another one.",
        "用户名“{detail}”正在使用或曾被使用。请换一个用户名。",
    )


class UserUnknown(UserError):
    """No such user in this folder, or closed."""

    code = "user_unknown"
    template = Text(
        "There is no open account “{detail}” here. List the users to see the names.",
        "此处没有启用中的账户“{detail}”。请查看用户列表。",
    )


class UserNameRefused(UserError):
    """A user name outside the letters allowed."""

    code = "user_name"
    template = Text(
        "A user name has 2 to 40 letters (a–z or Chinese), digits, points, dashes, no spaces.",
        "用户名须为 2 至 40 个字符，可用英文字母、汉字、数字、点和短横线，不能有空格。",
    )


class FullNameRefused(UserError):
    """A printed name that is none."""

    code = "full_name"
    template = Text(
        "A full name has 2 to 80 characters in one line, as it is printed beside a signature.",
        "姓名须为 2 至 80 个字符，写在一行内，按签名旁打印的样子填写。",
    )


class NameReasonMissing(UserError):
    """The printed name of an account is set or changed with a reason only."""

    code = "name_reason"
    template = Text("Say in a few words why.", "请简要填写原因。")


class PasswordRefused(UserError):
    """A new password that is too weak or too long."""

    code = "password_refused"
    template = Text("{reason_en}", "{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class NoDocument(UserError):
    """A key is confirmed only after looking at a document."""

    code = "no_document"
    template = Text(
        "Say which document of the person you looked at ({detail}). Its number is not kept.",
        "请注明核对了本人哪种证件（{detail}）。不记录证件号码。",
    )


class OwnAccount(UserError):
    """An act on the own account that somebody else has to do."""

    code = "own_account"
    template = Text(
        "This is your own account: another person who manages users has to do this for you, "
        "confirming your key included.",
        "这是您本人的账户：此操作（包括确认密钥）须由另一位管理用户的人员为您完成。",
    )


class NoDelegation(UserError):
    """A key is confirmed only for a person who stands on the delegation log."""

    code = "no_delegation"
    template = Text(
        "Say where the person stands on the signed delegation log, such as “line 3 of 2026-03-02” "
        "(120 signs at most).",
        "请注明本人在已签署的授权分工表中的位置，如“2026-03-02 第 3 行”（不超过 120 字）。",
    )


class MadeByYou(UserError):
    """Who made an account was to confirm it alone, and somebody else here can confirm it too."""

    code = "made_by_you"
    template = Text(
        "You made this account or gave out its code, or the recovery sheet did, so a second person "
        "confirms it with you, with the own name and password. Who can: {who}.",
        "此账户由您或凭恢复单建立（或启用），须由第二人输入本人的用户名和密码共同确认。可确认的人员：{who}。",
    )


class ConfirmedAlone(UserError):
    """Who made an account was to confirm it, nobody else here can, and no reason is on record."""

    code = "confirmed_alone"
    template = Text(
        "You made this account or gave out its code, or the recovery sheet did, and nobody else "
        "here can confirm it with you yet. Give the reason why one person does it: an exception "
        "that the sponsor sees.",
        "此账户由您或凭恢复单建立（或启用），而本中心暂无他人可共同确认。"
        "请填写由一人确认的原因（例外，申办方可见）。",
    )


class RoleRefused(UserError):
    """A role that does not exist, or may not be given here."""

    code = "role_refused"
    template = Text(
        "The role “{detail}” cannot be given here. Choose one of: {roles}.",
        "此处不能授予角色“{detail}”。可选角色：{roles}。",
    )


class DutiesApart(UserError):
    """Two duties were to be joined in one account without a reason on record."""

    code = "duties_apart"
    template = Text(
        "Who enters data does not manage accounts. A clinic too small for this records an "
        "exception: give the reason.",
        "录入数据与管理账户应由不同人员承担。人员不足的中心可登记例外，请填写原因。",
    )


class PermissionDenied(VaultError):
    """The role does not allow the operation."""

    code = "permission_denied"
    template = Text(
        "Your role ({role}) may not do this ({operation}). Ask the person in charge of it.",
        "您的角色（{role}）无权执行此操作（{operation}）。请联系相应负责人。",
    )


class AccountEnded(VaultError):
    """The account was given until a day that has passed."""

    code = "account_ended"
    template = Text(
        "This account was given until {day}. Ask the site administrator for another day.",
        "此账户的有效期至 {day}。如需延长，请联系中心管理员。",
    )


class LinkGone(VaultError):
    """The link between a subject and a person was destroyed; it is not made again."""

    code = "link_gone"
    template = Text(
        "The link between {detail} and the person was destroyed. Identity data are no longer "
        "taken for this number.",
        "{detail} 与个人身份的关联已销毁，此编号不再接收身份信息。",
    )


class NoCause(VaultError):
    """A sheet is replaced for a cause of the list."""

    code = "no_sheet_cause"
    template = Text(
        "Say why the recovery sheet is replaced: {detail}.", "请说明更换恢复单的原因：{detail}。"
    )


class NoSecondPerson(VaultError):
    """An act of two people needs another person, whose role is to confirm it."""

    code = "no_second_person"
    template = Text(
        "A second person has to confirm: somebody else who manages users here, with the own name "
        "and password.",
        "须由第二人确认：请由另一位负责用户管理的人员输入本人的用户名和密码。",
    )


class UnfitText(VaultError):
    """Words with characters that XML cannot carry; the sponsor's tables could never hold them."""

    code = "unfit_text"
    template = Text(
        "The words hold a control character, which often comes with copied text. Nothing was "
        "recorded. Type them by hand, or copy them by way of a plain text editor.",
        "文字中含有控制字符（多因复制粘贴带入）。未作任何记录。请手工键入，或先粘贴到记事本后再复制。",
    )


class VaultClosed(VaultError):
    """The identity vault is not open in this session."""

    code = "vault_closed"
    template = Text(
        "Identity data are closed to this sign-in. A coordinator or investigator who holds the "
        "vault key can open them or grant you access.",
        "本次登录无法查看身份信息。请由持有身份库密钥的研究协调员或研究者打开，或由其授权。",
    )


class NotActivated(VaultError):
    """A live site without an activation that holds now takes no clinical data."""

    code = "not_activated"
    template = Text(
        "No clinical data can be entered here: {reason_en} The site administrator installs the "
        "sponsor's activation file under Administration, Live mode.",
        "暂不能录入临床数据：{reason_zh}请由中心管理员在“管理 › 正式启用”中安装申办方的启用文件。",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class UndertakingMissing(VaultError):
    """Nobody signs before having accepted that a signature binds."""

    code = "undertaking"
    template = Text(
        "{user} has not signed the undertaking on electronic signatures yet. Sign it under "
        "Administration → Undertaking (command line: undertake), then sign here.",
        "{user} 尚未签署电子签名承诺书。请先在“管理 → 签名承诺”中签署"
        "（命令行：undertake），再在此签名。",
    )

    def __init__(self, user: str) -> None:
        super().__init__(user=user)


class NotConfirmed(VaultError):
    """Nobody signs before somebody has seen who it is."""

    code = "not_confirmed"
    template = Text(
        "Nobody has confirmed yet whose key {user} signs with. Ask the site administrator to look "
        "at a document, with a second person, and to confirm the account under Administration, "
        "Users.",
        "尚无人确认 {user} 的签名密钥归谁所有。请中心管理员会同第二人核对证件，"
        "并在“管理 → 用户”中确认该账户。",
    )

    def __init__(self, user: str) -> None:
        super().__init__(user=user)


class PasswordStale(VaultError):
    """The study asks for new passwords by date (R-ACC-07), and this one is due."""

    code = "password_stale"
    template = Text(
        "Your password is older than the {days} days that this study allows. Choose a new one "
        "under Administration, Your password; until then nothing can be entered or signed.",
        "您的密码已使用超过本研究规定的 {days} 天。请在“管理 → 我的密码”中修改，"
        "修改前不能录入和签名。",
    )

    def __init__(self, days: int) -> None:
        super().__init__(days=days)


class PasswordAsked(VaultError):
    """What accounts, trust and the definition hang on asks for a password typed lately."""

    code = "password_asked"
    template = Text(
        "Type your password first: it was last typed more than {minutes} minutes ago.",
        "请先输入密码：距上次输入已超过 {minutes} 分钟。",
    )

    def __init__(self, minutes: int) -> None:
        super().__init__(minutes=minutes)


class NotTrained(VaultError):
    """Live work begins with the exercises."""

    code = "not_trained"
    template = Text(
        "Nobody has signed yet that {user} did the training for this role. Do the exercises on a "
        "training site and give the certificate to the site administrator, who takes it in under "
        "Administration, Users, Training, or signs there how you were trained.",
        "尚无人确认 {user} 已完成该角色的培训。请在培训中心完成练习，将证书交给中心管理员，"
        "由其在“管理 → 用户”中确认培训；没有证书时，也可在该处说明培训方式后确认。",
    )

    def __init__(self, user: str) -> None:
        super().__init__(user=user)


class ExercisesOpen(VaultError):
    """A certificate was asked for too early."""

    code = "exercises_open"

    def __init__(self, left: Sequence[Text]) -> None:
        super().__init__()
        en, zh = "; ".join(t.en for t in left), "；".join(t.zh for t in left)
        self.text = Text(
            f"Still to be done: {en}." if left else "There are no exercises for this role.",
            f"尚待完成：{zh}。" if left else "该角色没有练习。",
        )


class CertificateRefused(VaultError):
    """A training certificate that does not hold here."""

    code = "certificate"
    template = Text("The certificate was not taken in: {reason_en}", "未接受该证书：{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class TrainingRefused(VaultError):
    """Training cannot be signed for like this."""

    code = "training"
    template = Text("The training was not signed for: {reason_en}", "未确认培训：{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class TailWritten(VaultError):
    """Missing records cannot be taken back: something was recorded in their place."""

    code = "tail_written"
    template = Text(
        "Something was recorded here since the older copy was put back, so the missing records no "
        "longer follow. Restore the backup once more into a new folder and take them back there.",
        "换回旧副本后，此处已写入新记录，缺失的记录无法再接上。请将备份重新恢复到新文件夹，并在那里取回。",
    )


class RecordsMissing(VaultError):
    """Records are known elsewhere that are not here; somebody has to answer for it first."""

    code = "records_missing"
    template = Text(
        "Records are missing: others are known elsewhere than stand here, so nothing is recorded "
        "now. An investigator or the administrator first takes them back under Administration, "
        "Missing records, or signs for what is lost; then work goes on.",
        "记录缺失：此处与别处已知的记录不一致，因此暂不写入任何记录。请研究者或管理员先在"
        "“管理 › 缺失记录”中取回，或对丢失部分签署负责，之后才能继续。",
    )


class RecordsAltered(VaultError):
    """What stands in the database is not what the program wrote; nobody can answer for that.

    The words say what that means and what to do; where it was found stands in :attr:`details`.
    """

    code = "records_altered"
    template = Text(
        "Data of this folder were changed by something other than this program, so nobody can "
        "answer for them. Entering, signing, sending and all that cannot be undone have stopped; "
        "looking, searching, printing and verifying still work. Leave the folder as it is, delete "
        "nothing, and call the sponsor.",
        "此文件夹的数据曾被本程序以外的途径更改，因此无人能为其负责。录入、签名、导出和一切不可撤销的"
        "操作均已停止；查看、检索、打印和校验仍可使用。请保持文件夹原样，不要删除任何内容，并致电申办方。",
    )
    _DETAILS = Text(
        "Read this to the sponsor: {where_en}. “Verify now” under Administration, Backup and "
        "verification lists all that fails. If the sponsor says so, a backup from before the "
        "change is restored into a new folder.",
        "请将以下内容告知申办方：{where_zh}。在“管理 › 备份与校验”中按“立即校验”可列出全部"
        "未通过的项目。经申办方同意后，可将更改之前的备份恢复到新文件夹。",
    )

    def __init__(self, where: Text) -> None:
        self.where = where
        super().__init__()

    @property
    def details(self) -> Text:
        """Where it was found, and the way out, for who is called."""
        where = self.where
        return self._DETAILS.filled(where_en=printable(where.en), where_zh=printable(where.zh))


class ProgramNotReleased(VaultError):
    """The program that works here is not what was released; live work waits for one that is."""

    code = "program_not_released"
    template = Text(
        "{why_en} Nothing can be entered, signed, redacted, destroyed or exported in a live folder "
        "with this program. Looking, printing, verifying and backups go on, and the data stay as "
        "they are. Sign in with the released program to go on.",
        "{why_zh}使用此程序不能在正式文件夹中录入、签名、遮蔽、销毁或导出；仍可查看、打印、校验和备份，"
        "数据不受影响。请使用正式发布的程序登录后继续。",
    )

    def __init__(self, why: Text) -> None:
        self.why = why
        super().__init__(why_en=why.en, why_zh=why.zh)


class ActivationRefused(VaultError):
    """An activation file that does not activate this site, or cannot be made."""

    code = "activation"
    template = Text(
        "The activation is not accepted: {reason_en}",
        "未接受启用文件：{reason_zh}",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class SessionLocked(VaultError):
    """The session is locked or closed."""

    code = "session_locked"
    template = Text(
        "The session is locked. Enter your password to go on.",
        "会话已锁定。请输入密码继续。",
    )


class SessionOver(VaultError):
    """The session is older than the study allows (R-SES-01): it writes nothing any more."""

    code = "session_over"
    template = Text(
        "You have been signed in for {hours} hours, the longest time here. Sign in again; what you "
        "typed is kept as a draft.",
        "您已连续登录 {hours} 小时，达到上限。请重新登录；已输入的内容已存为草稿。",
    )


_LONG = (
    (24 * 60, Text("days", "天")),
    (60, Text("hours", "小时")),
    (1, Text("minutes", "分钟")),
)


class ClockWentBack(VaultError):
    """The computer's clock stands before the last record, or before what the sponsor confirmed."""

    code = "clock_went_back"
    template = Text(
        "The computer's clock is {behind_en} behind the last entry or the sponsor's last "
        "receipt: nothing can be recorded. Set the clock right; if it is right now, somebody who "
        "enters data or manages accounts says why under Administration, Clock, and signs.",
        "电脑时钟比最近一次录入或申办方最近的回执慢 {behind_zh}，暂时无法记录。请校正时钟；"
        "如时钟现已正确，请由录入人员或账户管理员在“管理 → 时钟”中说明原因并签名。",
    )

    def __init__(self, *, minutes: int) -> None:
        n, unit = next((minutes // of, unit) for of, unit in _LONG if minutes >= 2 * of or of == 1)
        super().__init__(minutes=minutes, behind_en=f"{n} {unit.en}", behind_zh=f"{n} {unit.zh}")


class ClockNotNoted(VaultError):
    """A clock that is behind cannot be explained like this."""

    code = "clock_note"
    template = Text("Nothing was signed: {reason_en}", "未签署：{reason_zh}")

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class KeyRefused(VaultError):
    """The folder's own keys were not replaced."""

    code = "own_key"
    template = Text(
        "The key was not changed: {reason_en}",
        "未更换密钥：{reason_zh}",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class TrustError(VaultError):
    """A public key file that cannot be trusted here."""

    code = "trust"
    template = Text(
        "This key file is not accepted: {reason_en}",
        "不接受此密钥文件：{reason_zh}",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class BackupError(VaultError):
    """A backup that could not be made, checked or restored."""

    code = "backup"
    template = Text(
        "The backup is not usable: {reason_en} Use another backup and keep this one aside.",
        "该备份不可用：{reason_zh}请使用另一份备份，并保留此份备查。",
    )

    def __init__(self, reason: Text) -> None:
        super().__init__(reason_en=reason.en, reason_zh=reason.zh)


class NoBackup(BackupError):
    """What was named is no backup, nor a folder that holds one."""

    template = Text(
        "{name} is no backup of this program, nor does it hold one. Choose a folder whose name "
        "ends in .mrdbackup, or the one that holds it.",
        "{name} 不是本程序的备份，其中也没有备份。请选择名称以 .mrdbackup 结尾的"
        "文件夹，或存放它的文件夹。",
    )

    def __init__(self, name: str) -> None:
        MrdError.__init__(self, name=name)


class BackupNotMade(BackupError):
    """A backup that could not be made; the data and older backups are as they were."""

    template = Text("No backup was made: {reason_en}", "未能备份：{reason_zh}")


RESTORE_FIRST = Text(
    "it cannot be worked in. On the first page choose “Restore a backup”: it is copied to a new "
    "folder, and you sign in there.",
    "备份不能直接使用。请在首页选择“恢复备份”，复制到新文件夹后再登录。",
)
CHAIN_BROKEN = Text("its chain of records does not verify.", "其记录链核验未通过。")


class StorageError(VaultError):
    """The disk or the database refused; everything is as it was before the act."""

    code = "storage"


class DiskFull(StorageError):
    """No room left."""

    code = "disk_full"
    template = Text(
        "The disk is full. Nothing was saved. Make room on the disk, then save again.",
        "磁盘已满，内容未保存。请清理磁盘空间后重新保存。",
    )


class ReadOnlyFolder(StorageError):
    """The folder or its medium cannot be written."""

    code = "read_only"
    template = Text(
        "The folder cannot be written. Check its permissions or copy it to a writable disk.",
        "文件夹不可写入。请检查文件夹权限，或将其复制到可写的磁盘。",
    )


class FolderMoved(StorageError):
    """The folder that is open was renamed or moved, or its medium was pulled out."""

    code = "folder_moved"
    template = Text(
        "The site's own folder is no longer where it was opened ({path}): it was renamed or moved. "
        "Put it back there; or sign out and open it where it is now.",
        "中心文件夹已不在打开时的位置（{path}），可能被改名或移动。请将其放回原处；或退出登录，从现在的位置"
        "重新打开。",
    )

    def __init__(self, path: Path) -> None:
        super().__init__(path=str(path))


class DatabaseLocked(StorageError):
    """Another writer holds the database."""

    code = "database_locked"
    template = Text(
        "Another job is writing to this folder. Wait until it is done, then try again.",
        "另一项任务正在写入此文件夹。请等待其完成后重试。",
    )


class WrongKey(StorageError):
    """``data.mrd`` is no database of this folder: damaged, foreign or under another key."""

    code = "wrong_key"
    template = Text(
        "data.mrd does not belong to this folder or is damaged. Restore the latest backup.",
        "data.mrd 不属于此文件夹或已损坏。请恢复最近一次备份。",
    )


class FilesApart(WrongKey):
    """A slot was opened, and no key in it opens the data: the two files are no pair."""

    template = Text(
        "The keys (site.json) and the data (data.mrd) in this folder do not belong together, or "
        "data.mrd is damaged. If somebody put an older one of the two here, put the newer one "
        "back, and nothing is lost. Else restore the latest backup.",
        "此文件夹中的密钥文件（site.json）与数据文件（data.mrd）不匹配，或 data.mrd 已损坏。"
        "如有人放回了其中一个文件的旧版本，请换回较新的文件，数据不会丢失；否则请恢复最近一次备份。",
    )


class StorageFault(StorageError):
    """The disk failed while reading or writing."""

    code = "storage_fault"
    template = Text(
        "The disk could not be read or written ({detail}). Nothing was saved. Check the disk.",
        "磁盘读写失败（{detail}），内容未保存。请检查磁盘。",
    )


class PagesDamaged(StorageError):
    """Pages of the database are not as they were written; ``detail`` is how many."""

    code = "pages_damaged"
    template = Text(
        "The database of this folder is damaged on the disk (parts of it that do not read back as "
        "written: {detail}). Nothing was sent. Enter nothing more here, keep this folder as it is, "
        "and have the site administrator restore the latest backup.",
        "此文件夹的数据库在磁盘上已损坏（读回内容与写入不符的部分：{detail} 处）。未发送任何内容。"
        "请停止录入并原样保留此文件夹，由中心管理员恢复最近一次备份。",
    )


class KeyChangeCutOff(StorageError):
    """A change of the data key broke off: which key holds, and its record, the next sign-in tells.

    Until then no slot and no key of the folder is made, for it would be sealed to one of the two.
    """

    code = "key_change_cut_off"
    template = Text(
        "A change of the data key was cut off. What was saved is safe. Make sure that the disk has "
        "room, then sign out and in again: that finishes or undoes the change. Until then no "
        "password, account, recovery sheet or key can be changed.",
        "数据密钥的更换曾中断，已保存的内容未受影响。请确认磁盘有足够空间，然后退出并重新登录，"
        "程序会自动完成或撤销更换。在此之前不能更改密码、账户、恢复单或密钥。",
    )


class CommitUnsure(StorageFault):
    """The disk took a commit and did not confirm it: only the next opening tells if it stands."""

    code = "commit_unsure"
    template = Text(
        "The disk did not confirm what was saved ({detail}). Close the program and check the disk; "
        "then sign in, look whether it is there, and enter it again if it is not.",
        "磁盘未确认本次保存（{detail}）。请关闭程序并检查磁盘，重新登录后核对内容是否已保存，"
        "如未保存请重新录入。",
    )
