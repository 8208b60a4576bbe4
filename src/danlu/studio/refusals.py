"""What the framework says of requests that it can't read, in our words: the status and the sentence."""

from danlu.kit.language import Text

MOST_FILES = 2500
"""In one form: 1,000 pictures with captions, and more."""
_STATUSES = {
    400: Text(
        "The request can't be read: send JSON in UTF-8, or a form with files.",
        "无法读取请求：请发送 UTF-8 编码的 JSON，或带文件的表单。",
    ),
    404: Text("There is nothing at this address.", "该地址没有内容。"),
    405: Text("This can't be done at this address.", "该地址不支持此操作。"),
    413: Text("The request is larger than this address takes.", "请求超过了该地址允许的大小。"),
}
_DETAILS = {
    "Too many files": Text(
        f"A request may bring {MOST_FILES} files: send the rest in another one, or all as a zip.",
        f"单次请求最多 {MOST_FILES} 个文件：请把其余文件放到下一次请求，或打包为 zip 上传。",
    ),
    "Too many fields": Text("The form has too many fields beside its files.", "表单中除文件外的字段过多。"),
    "Part exceeded": Text("A field of the form is too long.", "表单中有字段过长。"),
    "Missing boundary": Text("The form says no boundary in its Content-Type.", "表单的 Content-Type 中缺少 boundary。"),
    "Invalid multipart": Text("The form is damaged or cut short.", "表单已损坏或不完整。"),
    "The Content-Disposition": Text("A part of the form has no name.", "表单中有部分没有名称。"),
}
"""By how its detail begins."""


def refusal(status: int, detail: str) -> Text:
    """The sentence for a status and what the framework says of it."""
    told = (text for begin, text in _DETAILS.items() if detail.startswith(begin))
    return next(told, None) or _STATUSES.get(status) or Text(detail, detail)
