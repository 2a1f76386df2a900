"""Image classifiers: residual, dense, inverted, grouped and multi-branch convolution networks."""

from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple, Type, Union

import tscript as torch
import tscript.nn.functional as F
from tscript import Tensor, nn


def conv3x3(cin: int, cout: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, 3, stride=stride, padding=1, bias=False)


class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, cin: int, width: int, stride: int, shortcut: Optional[nn.Module]) -> None:
        super().__init__()
        self.first = conv3x3(cin, width, stride)
        self.norm1 = nn.BatchNorm2d(width)
        self.second = conv3x3(width, width)
        self.norm2 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        skip = x
        if self.shortcut is not None:
            skip = self.shortcut(x)
        y = self.relu(self.norm1(self.first(x)))
        y = self.norm2(self.second(y))
        y += skip
        return self.relu(y)


class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, cin: int, width: int, stride: int, shortcut: Optional[nn.Module]) -> None:
        super().__init__()
        self.reduce = nn.Sequential(nn.Conv2d(cin, width, 1, bias=False), nn.BatchNorm2d(width))
        self.spatial = nn.Sequential(conv3x3(width, width, stride), nn.BatchNorm2d(width))
        self.expand = nn.Sequential(nn.Conv2d(width, width * 4, 1), nn.BatchNorm2d(width * 4))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.reduce(x))
        y = F.relu(self.spatial(y))
        y = self.expand(y)
        if self.shortcut is None:
            return F.relu(y + x)
        return F.relu(y + self.shortcut(x))


class ResNet(nn.Module):
    def __init__(
        self, block: Union[Type[BasicBlock], Type[Bottleneck]], depths: List[int], classes: int = 10
    ) -> None:
        super().__init__()
        self.width = 8
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 7, stride=2, padding=3),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
        )
        self.stage1 = self.stage(block, 8, depths[0], 1)
        self.stage2 = self.stage(block, 16, depths[1], 2)
        self.pool = nn.AdaptiveAvgPool2d((1, 1))
        self.head = nn.Linear(16 * block.expansion, classes)

    def stage(
        self, block: Union[Type[BasicBlock], Type[Bottleneck]], width: int, depth: int, stride: int
    ) -> nn.Sequential:
        blocks: List[nn.Module] = []
        for number in range(depth):
            step = stride if number == 0 else 1
            shortcut: Optional[nn.Module] = None
            if step != 1 or self.width != width * block.expansion:
                shortcut = nn.Sequential(
                    nn.Conv2d(self.width, width * block.expansion, 1, stride=step, bias=False),
                    nn.BatchNorm2d(width * block.expansion),
                )
            blocks.append(block(self.width, width, step, shortcut))
            self.width = width * block.expansion
        return nn.Sequential(*blocks)

    def features(self, x: Tensor) -> Tensor:
        return self.stage2(self.stage1(self.stem(x)))

    def forward(self, x: Tensor) -> Tensor:
        return self.head(torch.flatten(self.pool(self.features(x)), 1))


class SqueezeExcite(nn.Module):
    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.down = nn.Conv2d(channels, squeezed, 1)
        self.up = nn.Conv2d(squeezed, channels, 1)

    def scale(self, x: Tensor) -> Tensor:
        s = F.adaptive_avg_pool2d(x, 1)
        s = F.relu(self.down(s), inplace=True)
        return F.hardsigmoid(self.up(s), inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.scale(x) * x


class InvertedResidual(nn.Module):
    def __init__(self, cin: int, cout: int, stride: int, expand: int, hard: bool, se: bool) -> None:
        super().__init__()
        if stride not in (1, 2):
            raise ValueError(f"stride must be 1 or 2, not {stride}")
        hidden = cin * expand
        layers: List[nn.Module] = []
        if expand != 1:
            layers += [nn.Conv2d(cin, hidden, 1, bias=False), nn.BatchNorm2d(hidden)]
            layers.append(nn.Hardswish() if hard else nn.ReLU6())
        layers.append(nn.Conv2d(hidden, hidden, 3, stride, 1, groups=hidden, bias=False))
        layers.append(nn.BatchNorm2d(hidden))
        if se:
            layers.append(SqueezeExcite(hidden, max(hidden // 4, 1)))
        layers += [nn.Hardswish() if hard else nn.ReLU6(), nn.Conv2d(hidden, cout, 1)]
        self.conv = nn.Sequential(*layers)
        self.use_skip = stride == 1 and cin == cout

    def forward(self, x: Tensor) -> Tensor:
        if self.use_skip:
            return x + self.conv(x)
        else:
            return self.conv(x)


class MobileNet(nn.Module):
    """Version 2, or with hard activations and squeeze-excite, version 3."""

    def __init__(self, hard: bool) -> None:
        super().__init__()
        plan = [(8, 1, 1), (12, 2, 2), (12, 1, 2), (16, 2, 3)]
        cin = 8
        blocks: List[nn.Module] = [nn.Conv2d(3, cin, 3, 2, 1), nn.BatchNorm2d(cin)]
        blocks.append(nn.Hardswish() if hard else nn.ReLU6(inplace=True))
        for cout, stride, expand in plan:
            blocks.append(InvertedResidual(cin, cout, stride, expand, hard, hard))
            cin = cout
        self.features = nn.Sequential(*blocks)
        self.classifier = nn.Sequential(nn.Dropout(0.2), nn.Linear(cin, 10))

    def forward(self, x: Tensor) -> Tensor:
        x = self.features(x)
        x = x.mean([2, 3])
        return self.classifier(x)


class DenseLayer(nn.Module):
    drop_rate: torch.jit.Final[float]

    def __init__(self, cin: int, growth: int, drop_rate: float) -> None:
        super().__init__()
        self.norm1 = nn.BatchNorm2d(cin)
        self.conv1 = nn.Conv2d(cin, 2 * growth, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * growth)
        self.conv2 = conv3x3(2 * growth, growth)
        self.drop_rate = drop_rate

    def bottleneck(self, inputs: List[Tensor]) -> Tensor:
        joined = torch.cat(inputs, 1)
        return self.conv1(F.relu(self.norm1(joined)))

    @torch.jit._overload_method  # noqa: F811
    def forward(self, input: List[Tensor]) -> Tensor:
        pass

    @torch.jit._overload_method  # noqa: F811
    def forward(self, input: Tensor) -> Tensor:  # noqa: F811
        pass

    def forward(self, input):  # noqa: F811
        if isinstance(input, Tensor):
            previous = [input]
        else:
            previous = input
        new = self.conv2(F.relu(self.norm2(self.bottleneck(previous))))
        if self.drop_rate > 0:
            new = F.dropout(new, p=self.drop_rate, training=self.training)
        return new


class DenseBlock(nn.ModuleDict):
    def __init__(self, layers: int, cin: int, growth: int) -> None:
        super().__init__()
        for number in range(layers):
            self.add_module(f"layer{number + 1}", DenseLayer(cin + number * growth, growth, 0.0))

    def forward(self, start: Tensor) -> Tensor:
        found = [start]
        for name, layer in self.items():
            found.append(layer(found))
        return torch.cat(found, 1)


class DenseNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.block1 = DenseBlock(3, 8, 4)
        self.transition = nn.Sequential(
            nn.BatchNorm2d(20), nn.Conv2d(20, 10, 1), nn.AvgPool2d(2, 2)
        )
        self.block2 = DenseBlock(2, 10, 4)
        self.head = nn.Linear(18, 5)

    def forward(self, x: Tensor) -> Tensor:
        x = self.transition(self.block1(self.stem(x)))
        x = F.relu(self.block2(x), inplace=True)
        return self.head(F.adaptive_avg_pool2d(x, (1, 1)).flatten(1))


class InceptionOutputs(NamedTuple):
    logits: Tensor
    aux: Optional[Tensor]


class Branches(nn.Module):
    def __init__(self, cin: int) -> None:
        super().__init__()
        self.one = nn.Conv2d(cin, 4, 1)
        self.three = nn.ModuleList([nn.Conv2d(cin, 4, 1), nn.Conv2d(4, 6, 3, padding=1)])
        self.wide = nn.Conv2d(cin, 4, (1, 7), padding=(0, 3))
        self.tall = nn.Conv2d(4, 4, (7, 1), padding=(3, 0))
        self.pooled = nn.Conv2d(cin, 2, 1)

    def branches(self, x: Tensor) -> List[Tensor]:
        three = x
        for conv in self.three:
            three = F.relu(conv(three))
        factored = self.tall(self.wide(x))
        pooled = self.pooled(F.avg_pool2d(x, kernel_size=3, stride=1, padding=1))
        return [self.one(x), three, factored, pooled]

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat(self.branches(x), 1)


class Inception(nn.Module):
    aux_logits: torch.jit.Final[bool]

    def __init__(self, aux_logits: bool, transform_input: bool) -> None:
        super().__init__()
        self.aux_logits = aux_logits
        self.transform_input = transform_input
        self.first = Branches(3)
        self.second = Branches(16)
        self.aux: Optional[nn.Module] = None
        if aux_logits:
            self.aux = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 4))
        self.dropout = nn.Dropout()
        self.head = nn.Linear(16, 4)

    def normalised(self, x: Tensor) -> Tensor:
        if self.transform_input:
            red = torch.unsqueeze(x[:, 0], 1) * 0.458 - 0.03
            green = torch.unsqueeze(x[:, 1], 1) * 0.448 - 0.088
            blue = torch.unsqueeze(x[:, 2], 1) * 0.45 - 0.188
            x = torch.cat((red, green, blue), 1)
        return x

    def _forward(self, x: Tensor) -> Tuple[Tensor, Optional[Tensor]]:
        x = self.first(x)
        aux: Optional[Tensor] = None
        if self.aux is not None:
            if self.training:
                aux = self.aux(x)
        x = F.adaptive_avg_pool2d(self.second(x), (1, 1))
        return self.head(torch.flatten(self.dropout(x), 1)), aux

    @torch.jit.unused
    def eager_outputs(self, x: Tensor, aux: Optional[Tensor]) -> InceptionOutputs:
        if self.training and self.aux_logits:
            return InceptionOutputs(x, aux)
        return x  # type: ignore[return-value]

    def forward(self, x: Tensor) -> InceptionOutputs:
        x = self.normalised(x)
        x, aux = self._forward(x)
        return InceptionOutputs(x, aux)


class GoogLeNetOutputs(NamedTuple):
    logits: Tensor
    aux2: Optional[Tensor]
    aux1: Optional[Tensor]


class GoogLeNet(nn.Module):
    __constants__ = ["aux_logits"]

    def __init__(self, aux_logits: bool = True) -> None:
        super().__init__()
        self.aux_logits = aux_logits
        self.stem = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), nn.MaxPool2d(2, ceil_mode=True))
        self.a = Branches(4)
        self.b = Branches(16)
        if aux_logits:
            self.aux1 = nn.Linear(16, 3)
            self.aux2 = nn.Linear(16, 3)
        else:
            self.aux1 = None  # type: ignore[assignment]
            self.aux2 = None  # type: ignore[assignment]
        self.head = nn.Linear(16, 3)

    def forward(self, x: Tensor) -> GoogLeNetOutputs:
        x = self.a(self.stem(x))
        aux1: Optional[Tensor] = None
        if self.aux1 is not None:
            if self.training:
                aux1 = self.aux1(x.mean(dim=(2, 3)))
        x = self.b(x)
        aux2: Optional[Tensor] = None
        if self.aux2 is not None:
            if self.training:
                aux2 = self.aux2(x.mean(dim=(2, 3)))
        return GoogLeNetOutputs(self.head(x.mean(dim=(2, 3))), aux2, aux1)


class Fire(nn.Module):
    def __init__(self, cin: int, squeeze: int, expand: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(cin, squeeze, kernel_size=1)
        self.activation = nn.ReLU(inplace=True)
        self.expand1 = nn.Conv2d(squeeze, expand, kernel_size=1)
        self.expand3 = nn.Conv2d(squeeze, expand, kernel_size=3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(self.squeeze(x))
        return torch.cat([self.activation(self.expand1(x)), self.activation(self.expand3(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self, version: str = "1_1") -> None:
        super().__init__()
        if version not in ("1_0", "1_1"):
            raise ValueError(f"Unsupported version {version}")
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, ceil_mode=True),
            Fire(8, 4, 6),
        )
        self.classifier = nn.Sequential(
            nn.Dropout(p=0.5),
            nn.Conv2d(12, 7, 1),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d((1, 1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.flatten(self.classifier(self.features(x)), 1)


def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    batch, channels, height, width = x.size()
    per_group = channels // groups
    x = x.view(batch, groups, per_group, height, width)
    x = torch.transpose(x, 1, 2).contiguous()
    return x.view(batch, channels, height, width)


class ShuffleUnit(nn.Module):
    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        half = channels // 2
        if self.stride > 1:
            self.left = nn.Sequential(
                nn.Conv2d(half, half, 3, stride, 1, groups=half), nn.Conv2d(half, half, 1)
            )
        else:
            self.left = nn.Sequential()
        self.right = nn.Sequential(
            nn.Conv2d(half, half, 1), nn.Conv2d(half, half, 3, stride, 1, groups=half)
        )

    def forward(self, x: Tensor) -> Tensor:
        a, b = x.chunk(2, dim=1)
        if self.stride == 1:
            y = torch.cat((a, self.right(b)), dim=1)
        else:
            y = torch.cat((self.left(a), self.right(b)), dim=1)
        return channel_shuffle(y, 2)


class ShuffleNet(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.units = nn.ModuleList([ShuffleUnit(8, s) for s in (2, 1, 1)])
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for unit in self.units:
            x = unit(x)
        return self.head(x.mean([2, 3]))


def drop_path(x: Tensor, p: float, training: bool) -> Tensor:
    if p == 0.0 or not training:
        return x
    keep = 1.0 - p
    shape = [x.shape[0]] + [1] * (x.ndim - 1)
    noise = torch.empty(shape, dtype=x.dtype, device=x.device).bernoulli_(keep)
    if keep > 0.0:
        noise.div_(keep)
    return x * noise


class MBConv(nn.Module):
    def __init__(self, channels: int, expand: int, survival: float) -> None:
        super().__init__()
        hidden = channels * expand
        self.p = 1.0 - survival
        self.expand = nn.Conv2d(channels, hidden, 1)
        self.depthwise = nn.Conv2d(hidden, hidden, 5, padding=2, groups=hidden)
        self.gate = SqueezeExcite(hidden, 2)
        self.project = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.silu(self.expand(x))
        y = self.gate(F.silu(self.depthwise(y)))
        return x + drop_path(self.project(y), self.p, self.training)


class EfficientNet(nn.Module):
    def __init__(self, blocks: int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, 2, 1)
        self.blocks = nn.Sequential(*[MBConv(8, 2, 1.0 - 0.1 * n) for n in range(blocks)])
        self.head = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.blocks(self.stem(x)).mean((-2, -1)))


VGG_PLANS: Dict[str, List[Union[str, int]]] = {"A": [4, "M", 8, "M"], "B": [4, 4, "M", 8, 8, "M"]}


class VGG(nn.Module):
    def __init__(self, plan: str, batch_norm: bool) -> None:
        super().__init__()
        layers: List[nn.Module] = []
        cin = 3
        for item in VGG_PLANS[plan]:
            if isinstance(item, str):
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            layers.append(nn.Conv2d(cin, item, kernel_size=3, padding=1))
            if batch_norm:
                layers.append(nn.BatchNorm2d(item))
            layers.append(nn.ReLU(inplace=True))
            cin = item
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((2, 2))
        self.classifier = nn.Sequential(
            nn.Linear(32, 16), nn.ReLU(True), nn.Dropout(), nn.Linear(16, 3)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.avgpool(self.features(x))
        x = x.view(x.size(0), -1)
        return self.classifier(x)


class ConvNeXtBlock(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = nn.LayerNorm(dim, eps=1e-6)
        self.up = nn.Linear(dim, 4 * dim)
        self.down = nn.Linear(4 * dim, dim)
        self.gamma = nn.Parameter(0.1 * torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        skip = x
        x = self.depthwise(x).permute(0, 2, 3, 1)
        x = self.gamma * self.down(F.gelu(self.up(self.norm(x))))
        return skip + x.permute(0, 3, 1, 2)


class SpatialTransformer(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.locate = nn.Sequential(nn.Conv2d(1, 4, 5, 2), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
        self.theta = nn.Linear(4, 6)
        self.register_buffer("identity", torch.tensor([1.0, 0, 0, 0, 1, 0]))

    def forward(self, x: Tensor) -> Tensor:
        theta = self.theta(self.locate(x).flatten(1)) * 0.1 + self.identity
        grid = F.affine_grid(theta.view(-1, 2, 3), x.size(), align_corners=False)
        return F.grid_sample(x, grid, align_corners=False)


def image() -> Tensor:
    return torch.randn(2, 3, 16, 16)


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "resnet with basic blocks": lambda: (ResNet(BasicBlock, [1, 2]).eval(), (image(),)),
    "resnet with bottlenecks": lambda: (ResNet(Bottleneck, [2, 1]), (image(),)),
    "mobilenet v2": lambda: (MobileNet(False).eval(), (image(),)),
    "mobilenet v3": lambda: (MobileNet(True).eval(), (image(),)),
    "densenet": lambda: (DenseNet().eval(), (image(),)),
    "inception with an auxiliary output": lambda: (Inception(True, True), (image(),)),
    "inception without": lambda: (Inception(False, False).eval(), (image(),)),
    "googlenet": lambda: (GoogLeNet().train(), (image(),)),
    "squeezenet": lambda: (SqueezeNet().eval(), (image(),)),
    "shufflenet": lambda: (ShuffleNet(), (image(),)),
    "efficientnet in training": lambda: (EfficientNet(3), (image(),)),
    "vgg": lambda: (VGG("B", True).eval(), (image(),)),
    "convnext block": lambda: (ConvNeXtBlock(4), (torch.randn(1, 4, 8, 8),)),
    "spatial transformer": lambda: (SpatialTransformer(), (torch.randn(2, 1, 12, 12),)),
}
