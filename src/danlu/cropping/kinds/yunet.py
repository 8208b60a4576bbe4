"""YuNet: OpenCV's own face detector (Wu et al., 2023), for those who have its file (`face_detection_yunet_*.onnx`)."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.cropping.base import Detection, Detector
from danlu.kit.errors import UserError
from danlu.kit.language import Text

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_PX = 640
LEAST_SCORE, LARGEST_OVERLAP = 0.6, 0.3


class YuNet(Detector):
    """Faces by OpenCV's detector, whose file you give: `--detector yunet=FILE`.
    中文: OpenCV 的人脸检测器，需自备文件：`--detector yunet=文件`。
    """

    kind: Literal["yunet"] = "yunet"
    takes_file: ClassVar[bool] = True

    def missing(self) -> Text | None:
        """Whether the file is there."""
        if self.path and self.path.is_file():
            return None
        given = f" '{self.path}'" if self.path else ""
        return Text(
            f"The detector 'yunet' needs its file{given}: give it as --detector yunet=face_detection_yunet.onnx.",
            f"检测器“yunet”需要模型文件{given}：请写 --detector yunet=face_detection_yunet.onnx。",
        )

    def detect(self, image: "Image") -> list[Detection]:
        """The faces. Raises `UserError` if OpenCV can't read the file."""
        import cv2
        import numpy as np

        from danlu.cropping.network import box_within

        scale = min(1.0, LARGEST_PX / max(image.size))
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        pixels = np.ascontiguousarray(np.asarray(image.resize(size))[..., ::-1])
        try:
            finder = cv2.FaceDetectorYN.create(str(self.path), "", size, LEAST_SCORE, LARGEST_OVERLAP)
            faces: Any = finder.detect(pixels)[1]
        except cv2.error as error:
            raise UserError(
                f"'{self.path}' can't be used as a YuNet detector: give OpenCV's face_detection_yunet file.",
                f"“{self.path}”无法作为 YuNet 检测器使用：请提供 OpenCV 的 face_detection_yunet 文件。",
            ) from error
        found: list[Detection] = []
        for x, y, width, height, *_, score in faces if faces is not None else ():
            if box := box_within([edge / scale for edge in (x, y, x + width, y + height)], image):
                found.append(Detection(box, "face", float(score)))
        return found
