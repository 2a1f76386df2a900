"""Boxes: overlaps, suppression, anchors, coding, choosing regions; networks that find and segment."""

import math
from typing import Any, Callable, Dict, List, Optional, Tuple

import tscript as torch
import tscript.nn.functional as F
from tscript import Tensor, nn


def box_area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def box_iou(a: Tensor, b: Tensor) -> Tensor:
    top_left = torch.max(a[:, None, :2], b[:, :2])
    bottom_right = torch.min(a[:, None, 2:], b[:, 2:])
    extent = (bottom_right - top_left).clamp(min=0)
    inter = extent[:, :, 0] * extent[:, :, 1]
    return inter / (box_area(a)[:, None] + box_area(b) - inter)


def nms(boxes: Tensor, scores: Tensor, threshold: float) -> Tensor:
    order = scores.argsort(descending=True)
    keep: List[int] = []
    while order.numel() > 0:
        best = int(order[0].item())
        keep.append(best)
        if order.numel() == 1:
            break
        rest = order[1:]
        overlap = box_iou(boxes[best].unsqueeze(0), boxes[rest])[0]
        order = rest[overlap <= threshold]
    return torch.tensor(keep, dtype=torch.int64)


def batched_nms(boxes: Tensor, scores: Tensor, labels: Tensor, threshold: float) -> Tensor:
    if boxes.numel() == 0:
        return torch.empty((0,), dtype=torch.int64, device=boxes.device)
    shift = labels.to(boxes) * (boxes.max() + torch.tensor(1).to(boxes))
    return nms(boxes + shift[:, None], scores, threshold)


def soft_nms(
    boxes: Tensor, scores: Tensor, sigma: float = 0.5, least: float = 0.01
) -> Tuple[List[int], Tensor]:
    scores = scores.clone()
    alive = torch.ones(len(scores), dtype=torch.bool)
    keep: List[int] = []
    while True:
        masked = torch.where(alive, scores, torch.full_like(scores, -1.0))
        best = int(masked.argmax())
        if masked[best] < least:
            break
        keep.append(best)
        alive[best] = False
        overlap = box_iou(boxes[best : best + 1], boxes).squeeze(0)
        scores[alive] *= torch.exp(-(overlap[alive] ** 2) / sigma)
    return keep, scores


class AnchorGenerator(nn.Module):
    __annotations__ = {"cell_anchors": List[torch.Tensor]}

    def __init__(
        self, sizes: Tuple[Tuple[int, ...], ...], ratios: Tuple[Tuple[float, ...], ...]
    ) -> None:
        super().__init__()
        self.sizes = sizes
        self.ratios = ratios
        self.cell_anchors = [self.base(list(s), list(r)) for s, r in zip(sizes, ratios)]

    def base(self, scales: List[int], ratios: List[float]) -> Tensor:
        scale = torch.as_tensor(scales, dtype=torch.float32)
        high = torch.sqrt(torch.as_tensor(ratios, dtype=torch.float32))
        widths = ((1 / high)[:, None] * scale[None, :]).view(-1)
        heights = (high[:, None] * scale[None, :]).view(-1)
        return (torch.stack([-widths, -heights, widths, heights], dim=1) / 2).round()

    def grid(self, shapes: List[List[int]], strides: List[List[Tensor]]) -> List[Tensor]:
        anchors: List[Tensor] = []
        cells = self.cell_anchors
        torch._assert(len(shapes) == len(strides) == len(cells), "one cell of anchors for each map")
        for size, stride, base in zip(shapes, strides, cells):
            height, width = size
            dy, dx = stride
            xs = torch.arange(0, width, dtype=torch.int32, device=base.device) * dx
            ys = torch.arange(0, height, dtype=torch.int32, device=base.device) * dy
            grid_y, grid_x = torch.meshgrid(ys, xs, indexing="ij")
            x, y = grid_x.reshape(-1), grid_y.reshape(-1)
            shifts = torch.stack((x, y, x, y), dim=1)
            anchors.append((shifts.view(-1, 1, 4) + base.view(1, -1, 4)).reshape(-1, 4))
        return anchors

    def forward(self, image: Tensor, maps: List[Tensor]) -> List[Tensor]:
        shapes = [m.shape[-2:] for m in maps]
        height, width = image.shape[-2:]
        strides = [
            [
                torch.empty((), dtype=torch.int64).fill_(height // s[0]),
                torch.empty((), dtype=torch.int64).fill_(width // s[1]),
            ]
            for s in shapes
        ]
        return self.grid(shapes, strides)


def centred(boxes: Tensor) -> Tuple[Tensor, Tensor, Tensor, Tensor]:
    x1, y1, x2, y2 = boxes.unbind(1)
    return (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1


@torch.jit.script
def encode(
    reference: Tensor, proposals: Tensor, weights: Tuple[float, float, float, float]
) -> Tensor:
    px, py, pw, ph = centred(proposals)
    rx, ry, rw, rh = centred(reference)
    wx, wy, ww, wh = weights
    return torch.stack(
        (
            wx * (rx - px) / pw,
            wy * (ry - py) / ph,
            ww * torch.log(rw / pw),
            wh * torch.log(rh / ph),
        ),
        1,
    )


class BoxCoder:
    def __init__(
        self, weights: Tuple[float, float, float, float], clip: float = math.log(1000 / 16)
    ) -> None:
        self.weights = weights
        self.clip = clip

    def encode(self, references: List[Tensor], proposals: List[Tensor]) -> List[Tensor]:
        sizes = [len(b) for b in references]
        joined = encode(torch.cat(references, dim=0), torch.cat(proposals, dim=0), self.weights)
        return joined.split(sizes, 0)  # type: ignore[no-any-return]

    def decode(self, codes: Tensor, boxes: Tensor) -> Tensor:
        boxes = boxes.to(codes.dtype)
        widths, heights = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        x, y = boxes[:, 0] + 0.5 * widths, boxes[:, 1] + 0.5 * heights
        wx, wy, ww, wh = self.weights
        dx, dy = codes[:, 0::4] / wx, codes[:, 1::4] / wy
        dw = torch.clamp(codes[:, 2::4] / ww, max=self.clip)
        dh = torch.clamp(codes[:, 3::4] / wh, max=self.clip)
        cx, cy = dx * widths[:, None] + x[:, None], dy * heights[:, None] + y[:, None]
        w, h = torch.exp(dw) * widths[:, None], torch.exp(dh) * heights[:, None]
        return torch.stack((cx - 0.5 * w, cy - 0.5 * h, cx + 0.5 * w, cy + 0.5 * h), dim=2).flatten(
            1
        )


def code_boxes(references: List[Tensor], proposals: List[Tensor]) -> List[Tensor]:
    coder = BoxCoder((10.0, 10.0, 5.0, 5.0))
    codes = coder.encode(references, proposals)
    return [coder.decode(c, p) for c, p in zip(codes, proposals)]


class Matcher(nn.Module):
    BELOW: torch.jit.Final[int] = -1
    BETWEEN: torch.jit.Final[int] = -2

    def __init__(self, high: float, low: float, allow_low_quality: bool = False) -> None:
        super().__init__()
        torch._assert(low <= high, "low must not be above high")
        self.high = high
        self.low = low
        self.allow_low_quality = allow_low_quality

    def forward(self, quality: Tensor) -> Tensor:
        if quality.numel() == 0:
            if quality.shape[0] == 0:
                raise ValueError("no ground truth boxes")
            raise ValueError("no proposals")
        value, matches = quality.max(dim=0)
        all_matches = matches.clone() if self.allow_low_quality else None
        matches[value < self.low] = self.BELOW
        matches[(value >= self.low) & (value < self.high)] = self.BETWEEN
        if self.allow_low_quality:
            assert all_matches is not None
            best, _ = quality.max(dim=1)
            update = torch.where(quality == best[:, None])[1]
            matches[update] = all_matches[update]
        return matches


def choose_regions(
    proposals: List[Tensor],
    scores: List[Tensor],
    targets: Optional[List[Dict[str, Tensor]]],
    most: int,
) -> Tuple[List[Tensor], List[Tensor]]:
    """Clip, drop the small ones, suppress, keep the best; and the label of the nearest target."""
    kept: List[Tensor] = []
    labels: List[Tensor] = []
    for i, (boxes, score) in enumerate(zip(proposals, scores)):
        x = boxes[..., 0::2].clamp(min=0, max=20)
        y = boxes[..., 1::2].clamp(min=0, max=16)
        boxes = torch.stack((x, y), dim=boxes.dim()).reshape(boxes.shape)
        large = torch.where(box_area(boxes) >= 1.0)[0]
        boxes, score = boxes[large], score[large]
        keep = nms(boxes, score, 0.5)[:most]
        boxes = boxes[keep]
        kept.append(boxes)
        if targets is not None:
            target = targets[i]
            overlap = box_iou(boxes, target["boxes"])
            value, nearest = overlap.max(1)
            label = target["labels"][nearest]
            label[value < 0.1] = 0
            labels.append(label)
    return kept, labels


class FeaturePyramid(nn.Module):
    def __init__(self, channels: List[int], out: int) -> None:
        super().__init__()
        self.inner = nn.ModuleList([nn.Conv2d(c, out, 1) for c in channels])
        self.layer = nn.ModuleList([nn.Conv2d(out, out, 3, padding=1) for _ in channels])

    def inner_result(self, x: Tensor, index: int) -> Tensor:
        if index < 0:
            index += len(self.inner)
        out = x
        for i, module in enumerate(self.inner):
            if i == index:
                out = module(x)
        return out

    def forward(self, x: Dict[str, Tensor]) -> Dict[str, Tensor]:
        names = list(x.keys())
        maps = list(x.values())
        last = self.inner_result(maps[-1], -1)
        results: List[Tensor] = [self.layer[-1](last)]
        for index in range(len(maps) - 2, -1, -1):
            lateral = self.inner_result(maps[index], index)
            last = lateral + F.interpolate(last, size=lateral.shape[-2:], mode="nearest")
            results.insert(0, self.layer[0](last))
        return {k: v for k, v in zip(names, results)}


class DoubleConv(nn.Module):
    def __init__(self, cin: int, cout: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(cin, cout, 3, padding=1),
            nn.GroupNorm(2, cout),
            nn.LeakyReLU(0.1, inplace=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.body(x)


class UNet(nn.Module):
    def __init__(self, depth: int = 2) -> None:
        super().__init__()
        self.start = DoubleConv(1, 4)
        self.down = nn.ModuleList([DoubleConv(4 * 2**n, 8 * 2**n) for n in range(depth)])
        self.grow = nn.ModuleList(
            [nn.ConvTranspose2d(8 * 2**n, 4 * 2**n, 2, stride=2) for n in reversed(range(depth))]
        )
        self.up = nn.ModuleList([DoubleConv(8 * 2**n, 4 * 2**n) for n in reversed(range(depth))])
        self.out = nn.Conv2d(4, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        skips = [self.start(x)]
        for down in self.down:
            skips.append(down(F.max_pool2d(skips[-1], 2)))
        y = skips.pop()
        for grow, up in zip(self.grow, self.up):
            skip = skips.pop()
            y = grow(y)
            dh, dw = skip.size(2) - y.size(2), skip.size(3) - y.size(3)
            y = F.pad(y, [dw // 2, dw - dw // 2, dh // 2, dh - dh // 2])
            y = up(torch.cat([skip, y], dim=1))
        return self.out(y)


class DeepLab(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.rates = nn.ModuleList([nn.Conv2d(3, 4, 3, padding=r, dilation=r) for r in (1, 2, 4)])
        self.pool = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(3, 4, 1))
        self.out = nn.Conv2d(16, 2, 1)

    def forward(self, x: Tensor) -> Dict[str, Tensor]:
        size = x.shape[-2:]
        found = [F.relu(conv(x)) for conv in self.rates]
        pooled = F.interpolate(self.pool(x), size=size, mode="bilinear", align_corners=False)
        result: Dict[str, Tensor] = {}
        result["out"] = self.out(torch.cat(found + [pooled], dim=1))
        result["mask"] = result["out"].argmax(1)
        return result


class DetectionHead(nn.Module):
    """Classes and boxes for each cell; in training the losses, else what was found."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, classes + 4, 3, padding=1)
        self.classes = classes

    def loss(self, output: Tensor, targets: List[Dict[str, Tensor]]) -> Dict[str, Tensor]:
        logits, boxes = output.split([self.classes, 4], dim=-1)
        labels = torch.stack([t["labels"] for t in targets])
        wanted = torch.stack([t["boxes"] for t in targets])
        return {
            "classes": F.cross_entropy(logits.flatten(0, 1), labels.flatten()),
            "boxes": F.smooth_l1_loss(boxes, wanted, reduction="sum", beta=0.1),
        }

    def forward(
        self, x: Tensor, targets: Optional[List[Dict[str, Tensor]]] = None
    ) -> Tuple[Dict[str, Tensor], List[Dict[str, Tensor]]]:
        if self.training and targets is None:
            raise ValueError("targets are needed in training")
        output = self.conv(x).flatten(2).permute(0, 2, 1)
        losses: Dict[str, Tensor] = {}
        found: List[Dict[str, Tensor]] = []
        if self.training:
            assert targets is not None
            losses = self.loss(output, targets)
        else:
            for image in output:
                scores, labels = image[:, : self.classes].softmax(-1).max(-1)
                found.append(
                    {"scores": scores, "labels": labels, "boxes": image[:, self.classes :]}
                )
        return losses, found


def some_boxes(count: int) -> Tensor:
    corner = torch.rand(count, 2) * 10
    return torch.cat([corner, corner + 2 + torch.rand(count, 2) * 8], 1)


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "box overlaps": lambda: (box_iou, (some_boxes(3), some_boxes(4))),
    "non-maximum suppression": lambda: (nms, (some_boxes(12), torch.rand(12), 0.3)),
    "suppression by class": lambda: (
        batched_nms,
        (some_boxes(12), torch.rand(12), torch.randint(0, 2, (12,)), 0.3),
    ),
    "soft suppression": lambda: (soft_nms, (some_boxes(8), torch.rand(8), 0.5, 0.01)),
    "anchors": lambda: (
        AnchorGenerator(((4,), (8, 16)), ((0.5, 1.0, 2.0), (1.0,))),
        (torch.zeros(1, 3, 16, 16), [torch.zeros(1, 4, 4, 4), torch.zeros(1, 4, 2, 2)]),
    ),
    "box coder": lambda: (
        code_boxes,
        ([some_boxes(3), some_boxes(2)], [some_boxes(3), some_boxes(2)]),
    ),
    "matcher": lambda: (Matcher(0.7, 0.3, True), (torch.rand(3, 6),)),
    "choice of regions": lambda: (
        choose_regions,
        (
            [some_boxes(9), some_boxes(5)],
            [torch.rand(9), torch.rand(5)],
            [{"boxes": some_boxes(2), "labels": torch.tensor([1, 2])} for _ in range(2)],
            4,
        ),
    ),
    "feature pyramid": lambda: (
        FeaturePyramid([3, 5], 4),
        ({"0": torch.randn(1, 3, 8, 8), "1": torch.randn(1, 5, 4, 4)},),
    ),
    "u-net": lambda: (UNet(), (torch.randn(1, 1, 14, 11),)),
    "atrous pyramid": lambda: (DeepLab(), (torch.randn(1, 3, 9, 9),)),
    "detection head in training": lambda: (
        DetectionHead(3),
        (
            torch.randn(2, 4, 2, 2),
            [{"labels": torch.tensor([0, 1, 2, 0]), "boxes": torch.randn(4, 4)} for _ in range(2)],
        ),
    ),
    "detection head": lambda: (DetectionHead(3).eval(), (torch.randn(2, 4, 2, 2),)),
}
