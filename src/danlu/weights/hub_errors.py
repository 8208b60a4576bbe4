"""What can go wrong with the model hub, each as one sentence with the way out."""

from typing import TYPE_CHECKING

from danlu.kit.errors import UserError
from danlu.weights.hub_files import HubName

if TYPE_CHECKING:
    from huggingface_hub.errors import HfHubHTTPError


def told_by_hub(
    error: "HfHubHTTPError", name: HubName, endpoint: str, *, revision: str | None = None, file: str | None = None
) -> UserError:
    """What the hub refused: the repository isn't there, isn't open to this user, or the hub has a problem itself."""
    from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

    what = name.repository
    status = int(error.response.status_code)
    if isinstance(error, GatedRepoError):
        return UserError(
            f"'{what}' is open only to those who accepted its terms: accept them at https://huggingface.co/{what} when "
            "you are logged in there, put a token of your account into HF_TOKEN, and run the command again.",
            f"“{what}”需要先同意其条款：请登录后在 https://huggingface.co/{what} 同意，"
            "再把你的访问令牌设为环境变量 HF_TOKEN，然后重新运行。",
        )
    if isinstance(error, RepositoryNotFoundError):
        return UserError(
            f"'{what}' isn't on {endpoint}, or it is private: check how it is written; for a private one put your "
            "token into HF_TOKEN.",
            f"{endpoint} 上没有“{what}”，或它是私有的：请检查写法；私有仓库请把访问令牌设为 HF_TOKEN。",
        )
    if isinstance(error, RevisionNotFoundError):
        return UserError(
            f"'{what}' has no revision '{revision}': leave --revision out, or give a branch, tag or commit of it.",
            f"“{what}”没有版本“{revision}”：请去掉 --revision，或给出它的分支、标签或提交。",
        )
    if status in (401, 403):
        return UserError(
            f"{endpoint} doesn't let your token read '{what}' (status {status}): check HF_TOKEN, or make a token with "
            "the right to read.",
            f"{endpoint} 不允许你的令牌读取“{what}”（状态 {status}）：请检查 HF_TOKEN，或新建有读取权限的令牌。",
        )
    at = f" for '{file}'" if file else ""
    at_zh = f"“{file}”" if file else ""
    return UserError(
        f"{endpoint} answers with status {status}{at}: try again later, or another hub with --mirror; what was fetched "
        "is kept.",
        f"{endpoint} 返回状态 {status}{at_zh}：请稍后再试，或用 --mirror 换一个站点；已下载的部分会保留。",
    )


def broke_off(endpoint: str, *, reason: str = "", file: str | None = None) -> UserError:
    """The hub can't be reached, or not any more."""
    if file is None:
        said = f" ({reason})" if reason else ""
        return UserError(
            f"{endpoint} can't be reached{said}: check the connection, or name another hub, as in --mirror "
            "https://hf-mirror.com.",
            f"无法连接 {endpoint}{said}：请检查网络，或换一个站点，例如 --mirror https://hf-mirror.com。",
        )
    return UserError(
        f"The connection to {endpoint} was interrupted while fetching '{file}': run the same command again, it goes on "
        "from there.",
        f"下载“{file}”时与 {endpoint} 的连接中断：重新运行同一命令即可从断点继续。",
    )


def answered_oddly(endpoint: str) -> UserError:
    """Something answers that isn't a model hub, or one that doesn't tell sizes and hashes."""
    return UserError(
        f"{endpoint} doesn't answer as a model hub does: check --mirror and HF_ENDPOINT, and whether a log-in page of "
        "the network is in between.",
        f"{endpoint} 的回答不像模型站：请检查 --mirror 与 HF_ENDPOINT，以及网络是否需要先登录。",
    )


def changed_on_the_way(file: str, endpoint: str) -> UserError:
    """All bytes came, and they aren't the right ones."""
    return UserError(
        f"'{file}' came from {endpoint} with other content than its hash says, and was thrown away: run the command "
        "again.",
        f"从 {endpoint} 得到的“{file}”与校验值不符，已丢弃：请重新运行。",
    )


def client_errors() -> tuple[type[Exception], ...]:
    """What the library's HTTP client raises, whichever client its release uses: the outermost class of its errors that
    isn't Python's own.
    """
    from huggingface_hub.errors import HfHubHTTPError

    foreign = [
        kind for kind in HfHubHTTPError.__mro__ if kind.__module__.split(".")[0] not in ("huggingface_hub", "builtins")
    ]
    return tuple(kind for kind in foreign[-1:] if issubclass(kind, Exception))
