"""ResNet-18 with ``torch.nn``: torchvision's network, its layers, shapes and parameter names.

He, Zhang, Ren, Sun: Deep Residual Learning for Image Recognition (2015), table 1. A state dict
made by torchvision's ``resnet18`` loads as it is.

>>> import tscript as torch
>>> model = resnet18().eval()
>>> model(torch.zeros(1, 3, 32, 32)).shape
torch.Size([1, 1000])
"""

from typing import List, Optional

import tscript as torch
from tscript import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut, (N, inplanes, H, W) to (N, planes, H/s, W/s)."""

    def __init__(self, inplanes: int, planes: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inplanes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample: Optional[nn.Module] = None
        if stride != 1 or inplanes != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(inplanes, planes, 1, stride=stride, bias=False),
                nn.BatchNorm2d(planes),
            )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = x
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        if self.downsample is not None:
            shortcut = self.downsample(x)
        out += shortcut
        return self.relu(out)


class ResNet(nn.Module):
    """Images (N, 3, H, W) to class scores (N, num_classes)."""

    def __init__(self, layers: List[int], num_classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = stage(64, 64, layers[0], stride=1)
        self.layer2 = stage(64, 128, layers[1], stride=2)
        self.layer3 = stage(128, 256, layers[2], stride=2)
        self.layer4 = stage(256, 512, layers[3], stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(torch.flatten(self.avgpool(x), 1))


def stage(inplanes: int, planes: int, blocks: int, stride: int) -> nn.Sequential:
    """Blocks of one size; the first of them changes the resolution and the number of channels."""
    first = BasicBlock(inplanes, planes, stride)
    return nn.Sequential(first, *[BasicBlock(planes, planes) for _ in range(1, blocks)])


def resnet18(num_classes: int = 1000) -> ResNet:
    """ResNet-18 with fresh weights."""
    return ResNet([2, 2, 2, 2], num_classes)
