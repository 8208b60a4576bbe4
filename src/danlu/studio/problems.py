"""Whatever goes wrong is told as application/problem+json, in both languages, with the field that it is about."""

import errno
import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from danlu.jobs.queue import NotNowError
from danlu.kit.errors import UserError, nearest
from danlu.kit.language import Text
from danlu.kit.validation import said_of
from danlu.store.datasets import OutdatedError
from danlu.store.jobs import KeyReusedError
from danlu.studio.refusals import refusal
from danlu.studio.shapes.common import Problem, said
from danlu.studio.wording import for_browser

_REQUEST = Text("The request", "请求")
_FULL = (errno.EMFILE, errno.ENFILE)
_TOO_MANY_OPEN = Text(
    "The system lets the studio open no more files at once: send fewer, or allow more (`ulimit -n`).",
    "系统不允许 studio 同时打开更多文件：请减少单次文件数，或提高上限（`ulimit -n`）。",
)
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}} for status in (400, 403, 404, 409, 413, 422)
}
"""What every route may answer besides what it is for."""


_TABLES = ("model_attributes_type", "model_type", "dict_type")


class ProblemError(Exception):
    """A request that can't be fulfilled."""

    def __init__(self, status: int, code: str, text: Text, *, field: str | None = None) -> None:
        self.status, self.code, self.text, self.field = status, code, text, field
        super().__init__(text.en)


def add_problem_handlers(app: FastAPI) -> None:
    """Tell every kind of mistake in the same form."""
    app.add_exception_handler(ProblemError, _tell_problem)
    app.add_exception_handler(NotNowError, _tell_not_now)
    app.add_exception_handler(UserError, _tell_mistake)
    app.add_exception_handler(OutdatedError, _tell_outdated)
    app.add_exception_handler(KeyReusedError, _tell_reused)
    app.add_exception_handler(RequestValidationError, _tell_invalid)
    app.add_exception_handler(HTTPException, _tell_status)
    app.add_exception_handler(Exception, _tell_failure)


def _tell_problem(request: Request, error: Any) -> JSONResponse:
    return answer(request, error.status, error.code, error.text, field=error.field)


def _tell_mistake(request: Request, error: Any) -> JSONResponse:
    return answer(request, 422, "invalid", error.text, field=error.field)


def _tell_not_now(request: Request, error: Any) -> JSONResponse:
    return answer(request, 409, "conflict", error.text)


def _tell_outdated(request: Request, error: Any) -> JSONResponse:
    text = Text(
        "The dataset was changed elsewhere since you opened it: look at it again, then repeat your change.",
        "数据集已在别处被修改：请刷新后重新操作。",
    )
    return answer(request, 409, "outdated", text, field="version", version=error.version)


def _tell_reused(request: Request, _error: Any) -> JSONResponse:
    text = Text(
        "This Idempotency-Key was used for another request before: send a new one.",
        "该 Idempotency-Key 已用于另一个请求：请换一个。",
    )
    return answer(request, 409, "conflict", text, field="Idempotency-Key")


def _tell_invalid(request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    field = _field_of(first["loc"], error.body)
    what = _say(first)
    whole = Text(f"{_REQUEST.en} {what.en}", f"{_REQUEST.zh}{what.zh}")
    text = Text(f"'{field}' {what.en}", f"“{field}”{what.zh}") if field else whole
    return answer(request, 422, "invalid", text, field=field or None)


def _tell_status(request: Request, error: Any) -> JSONResponse:
    text = refusal(error.status_code, str(error.detail))
    code = {404: "missing", 413: "too_large"}.get(error.status_code, "refused")
    return answer(request, error.status_code, code, text, headers=error.headers)


def _tell_failure(request: Request, error: Exception) -> JSONResponse:
    if isinstance(error, OSError) and error.errno in _FULL:
        return answer(request, 503, "failed", _TOO_MANY_OPEN)
    logging.getLogger("danlu.studio").exception("a request failed", exc_info=error)
    text = Text(
        "Something went wrong inside Danlu; the terminal in which the studio runs has the details.",
        "丹炉内部出错；详情见运行 studio 的终端。",
    )
    return answer(request, 500, "failed", text)


def answer(
    request: Request,
    status: int,
    code: str,
    text: Text,
    *,
    field: str | None = None,
    version: int | None = None,
    headers: Any = None,
) -> JSONResponse:
    """A problem, in the form of RFC 9457."""
    wanted = request.headers.get("accept-language", "en").lower()
    text = for_browser(request.app.state.studio.folder, text)
    problem = Problem.model_validate(
        {
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": text.zh if wanted.startswith("zh") else text.en,
            "text": said(text),
            "field": field,
            "code": code,
            "version": version,
        }
    )
    return JSONResponse(problem.model_dump(), status, media_type="application/problem+json", headers=headers)


def _field_of(location: Sequence[int | str], body: Any) -> str:
    """Without where in the request it stands, and without the names of kinds, which pydantic puts in between."""
    if isinstance(body, str):
        return ""  # no JSON at all: what stands there is where it breaks off
    parts: list[str] = []
    for part in location[1:]:
        if isinstance(body, Mapping) and part not in body and part == body.get("kind"):
            continue
        parts.append(str(part))
        try:
            body = body[part]
        except (LookupError, TypeError):
            body = None
    return ".".join(parts)


def _say(detail: Any) -> Text:
    if detail["type"] == "union_tag_invalid":
        near = nearest(str(detail["ctx"]["tag"]), detail["ctx"]["expected_tags"].replace("'", "").split(", "))
        return Text(
            f"has no kind '{detail['ctx']['tag']}': {near.en}", f"没有“{detail['ctx']['tag']}”这一种：{near.zh}"
        )
    if detail["type"] == "value_error" and "UploadFile" in detail["msg"]:
        return Text("must be a file.", "必须是文件。")
    if detail["type"] in _TABLES and isinstance(detail.get("input"), bytes):
        return Text("must be JSON (Content-Type: application/json).", "必须是 JSON（Content-Type: application/json）。")
    if told := said_of(detail["type"], detail.get("ctx", {}), detail.get("input")):
        return told
    return Text(f"isn't right: {detail['msg']}.", f"不正确：{detail['msg']}。")
