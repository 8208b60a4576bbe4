"""The focus: what detectors say becomes one box that holds what matters."""

from danlu.cropping.base import Detection, Label
from danlu.cropping.focus import Focus, unite
from danlu.datasets.pictures import Box, Size

SIZE = Size(1000, 1000)


def found(label: Label, box: tuple[int, int, int, int], score: float = 0.9) -> Detection:
    return Detection(Box(*box), label, score)


def focus_of(*detections: Detection) -> Focus:
    focus = unite(detections, SIZE)
    assert focus is not None
    return focus


def holds(outer: Box, inner: Box) -> bool:
    return (
        outer.left <= inner.left
        and outer.top <= inner.top
        and outer.right >= inner.right
        and outer.bottom >= inner.bottom
    )


def test_nothing_found_is_no_focus() -> None:
    assert unite([], SIZE) is None
    assert unite([found("head", (0, 0, 50, 50), 0.2)], SIZE) is None


def test_on_a_plain_background_what_differs_is_the_subject_and_heads_are_added() -> None:
    plain = found("subject", (300, 200, 500, 800), 0.9)
    assert focus_of(plain).subject == plain.box
    assert focus_of(plain, found("person", (310, 190, 490, 780))).subject == (300, 190, 500, 800)
    head = found("head", (300, 150, 400, 300))
    focus = focus_of(plain, head)
    assert focus.subject == (300, 150, 500, 800) and focus.head == head.box


def test_on_a_busy_background_figures_count_and_not_what_stands_out() -> None:
    sign = found("subject", (800, 800, 990, 990), 0.4)
    person, head = found("person", (300, 200, 500, 800)), found("head", (350, 200, 450, 320))
    focus = focus_of(sign, person, head)
    assert holds(focus.subject, person.box) and focus.subject.right < 800
    assert focus_of(sign).subject == sign.box and focus_of(sign).score == 0.4


def test_a_head_alone_gets_room_for_its_body() -> None:
    head = found("head", (450, 100, 550, 220))
    subject = focus_of(head).subject
    assert holds(subject, head.box) and subject.top == 100
    assert subject.bottom > 800 and subject.left < 400 and subject.right > 600
    assert focus_of(found("head", (400, 300, 900, 990))).subject.bottom == 1000


def test_a_face_is_widened_to_its_head() -> None:
    face = found("face", (400, 400, 500, 500))
    head = focus_of(face).head
    assert head is not None and holds(head, face.box) and head.top <= 350


def test_bystanders_and_their_bodies_do_not_count() -> None:
    main, small = found("head", (300, 200, 500, 400)), found("head", (900, 500, 940, 540))
    bodies = found("person", (250, 200, 550, 900)), found("person", (880, 500, 960, 800))
    focus = focus_of(main, small, *bodies)
    assert focus.head == main.box and focus.subject.right < 700


def test_two_of_about_one_size_are_both_kept() -> None:
    heads = found("head", (200, 200, 350, 350)), found("head", (600, 220, 740, 360))
    focus = focus_of(*heads)
    assert focus.head == (200, 200, 740, 360) and holds(focus.subject, focus.head)


def test_a_background_that_differs_all_over_is_not_plain() -> None:
    everything = found("subject", (0, 0, 1000, 990), 0.9)
    person = found("person", (300, 200, 500, 800))
    subject = focus_of(everything, person, found("head", (350, 200, 450, 320))).subject
    assert holds(subject, person.box) and subject.right < 600


def test_a_doubtful_head_beside_a_sure_one_is_no_head() -> None:
    sure, doubtful = found("head", (300, 200, 400, 300)), found("head", (800, 200, 900, 300), 0.5)
    assert focus_of(sure, doubtful).head == sure.box


def test_where_a_head_is_doubtful_what_stands_out_is_kept_too() -> None:
    stands_out = found("subject", (100, 600, 900, 990), 0.4)
    head = (400, 100, 460, 170)
    assert focus_of(stands_out, found("head", head, 0.6)).subject.right == 900
    assert focus_of(stands_out, found("head", head, 0.9)).subject.right < 600
