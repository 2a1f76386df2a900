"""Models of audio and of distributions: WaveNet, Conv-TasNet, autoencoders, flows, diffusion, GANs."""

import math
from typing import Any, Callable, Dict, NamedTuple, Optional, Tuple

import tscript as torch
import tscript.nn.functional as F
from tscript import Tensor, nn


class WaveNetLayer(nn.Module):
    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.padding = dilation
        self.gated = nn.Conv1d(channels, 2 * channels, 2, dilation=dilation)
        self.skip = nn.Conv1d(channels, channels, 1)
        self.residual = nn.Conv1d(channels, channels, 1)

    def forward(self, x: Tensor, condition: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        y = self.gated(F.pad(x, (self.padding, 0)))
        if condition is not None:
            y = y + condition
        value, gate = y.chunk(2, 1)
        y = value.tanh() * gate.sigmoid()
        return x + self.residual(y), self.skip(y)


class WaveNet(nn.Module):
    def __init__(self, channels: int = 4, layers: int = 3) -> None:
        super().__init__()
        self.start = nn.Conv1d(1, channels, 1)
        self.layers = nn.ModuleList([WaveNetLayer(channels, 2**n) for n in range(layers)])
        self.end = nn.Sequential(nn.ReLU(), nn.Conv1d(channels, 8, 1))

    def forward(self, x: Tensor) -> Tensor:
        x = self.start(x)
        total = torch.zeros_like(x)
        for layer in self.layers:
            x, skip = layer(x)
            total = total + skip
        return self.end(total)


class ConvTasNet(nn.Module):
    def __init__(self, filters: int = 6, sources: int = 2) -> None:
        super().__init__()
        self.sources = sources
        self.encoder = nn.Conv1d(1, filters, 4, stride=2, bias=False)
        self.norm = nn.GroupNorm(1, filters, eps=1e-8)
        self.blocks = nn.ModuleList()
        for number in range(2):
            self.blocks.append(
                nn.Sequential(
                    nn.Conv1d(filters, 8, 1),
                    nn.PReLU(),
                    nn.Conv1d(8, 8, 3, padding=2**number, dilation=2**number, groups=8),
                    nn.Conv1d(8, filters, 1),
                )
            )
        self.mask = nn.Conv1d(filters, filters * sources, 1)
        self.decoder = nn.ConvTranspose1d(filters, 1, 4, stride=2, bias=False)

    def padded(self, x: Tensor) -> Tuple[Tensor, int]:
        rest = (2 - (x.shape[-1] - 4) % 2) % 2
        if rest > 0:
            x = F.pad(x, (0, rest))
        return x, rest

    def forward(self, x: Tensor) -> Tensor:
        if x.ndim != 3 or x.shape[1] != 1:
            raise ValueError(f"Expected 3D tensor (batch, channel==1, frames). Found: {x.shape}")
        x, rest = self.padded(x)
        features = self.encoder(x)
        y = self.norm(features)
        for block in self.blocks:
            y = y + block(y)
        masks = torch.sigmoid(self.mask(y)).view(x.shape[0], self.sources, -1, features.shape[-1])
        split = (masks * features.unsqueeze(1)).flatten(0, 1)
        out = self.decoder(split).view(x.shape[0], self.sources, -1)
        return out[..., :-rest] if rest > 0 else out


class Spectrogram(nn.Module):
    """Mel energies of overlapping windows; the transform is a product with a table."""

    def __init__(self, size: int, hop: int, mels: int) -> None:
        super().__init__()
        self.size, self.hop = size, hop
        self.register_buffer("window", torch.hann_window(size), persistent=False)
        self.register_buffer("filters", torch.rand(size // 2 + 1, mels))

    def forward(self, wave: Tensor) -> Tensor:
        frames = wave.unfold(-1, self.size, self.hop) * self.window
        power = torch.fft.rfft(frames).abs().pow(2.0)
        return torch.log(power @ self.filters + 1e-6).transpose(-1, -2)


class VAEOutput(NamedTuple):
    reconstruction: Tensor
    mean: Tensor
    log_variance: Tensor


class VAE(nn.Module):
    def __init__(self, inputs: int = 6, latent: int = 2) -> None:
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(inputs, 5), nn.ELU())
        self.mean, self.log_variance = nn.Linear(5, latent), nn.Linear(5, latent)
        self.decoder = nn.Sequential(nn.Linear(latent, 5), nn.ELU(), nn.Linear(5, inputs))

    def sample(self, mean: Tensor, log_variance: Tensor) -> Tensor:
        if self.training:
            deviation = torch.exp(0.5 * log_variance)
            return mean + torch.randn_like(deviation) * deviation
        return mean

    def forward(self, x: Tensor) -> VAEOutput:
        h = self.encoder(x)
        mean, log_variance = self.mean(h), self.log_variance(h)
        return VAEOutput(self.decoder(self.sample(mean, log_variance)), mean, log_variance)

    @torch.jit.export
    def loss(self, x: Tensor, out: VAEOutput, beta: float = 1.0) -> Tensor:
        divergence = 1 + out.log_variance - out.mean**2 - out.log_variance.exp()
        return F.mse_loss(out.reconstruction, x) - 0.5 * beta * divergence.sum(1).mean()


class VectorQuantiser(nn.Module):
    def __init__(self, codes: int, dim: int) -> None:
        super().__init__()
        self.codebook = nn.Embedding(codes, dim)
        self.codebook.weight.data.uniform_(-1.0, 1.0)
        self.register_buffer("usage", torch.zeros(codes))

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        flat = x.reshape(-1, x.size(-1))
        distance = torch.cdist(flat, self.codebook.weight)
        indices = torch.argmin(distance, dim=1)
        if self.training:
            self.usage += F.one_hot(indices, self.codebook.num_embeddings).sum(0).float()
        quantised = self.codebook(indices).view_as(x)
        loss = F.mse_loss(quantised.detach(), x) + 0.25 * F.mse_loss(quantised, x.detach())
        return x + (quantised - x).detach(), indices.view(x.shape[:-1]), loss


class Coupling(nn.Module):
    def __init__(self, dim: int, flip: bool) -> None:
        super().__init__()
        self.flip = flip
        self.net = nn.Sequential(nn.Linear(dim // 2, 6), nn.Tanh(), nn.Linear(6, dim))

    def forward(self, x: Tensor, inverse: bool = False) -> Tuple[Tensor, Tensor]:
        a, b = x.chunk(2, -1)
        if self.flip:
            a, b = b, a
        shift, scale = self.net(a).chunk(2, -1)
        scale = torch.tanh(scale)
        if inverse:
            b = (b - shift) * torch.exp(-scale)
            change = -scale.sum(-1)
        else:
            b = b * scale.exp() + shift
            change = scale.sum(-1)
        return torch.cat([b, a] if self.flip else [a, b], -1), change


class Flow(nn.Module):
    def __init__(self, dim: int = 4, depth: int = 3) -> None:
        super().__init__()
        self.steps = nn.ModuleList([Coupling(dim, n % 2 == 1) for n in range(depth)])
        self.backwards = nn.ModuleList(list(self.steps)[::-1])
        self.half_log_tau: float = 0.5 * math.log(2 * math.pi)

    @torch.jit.export
    def inverse(self, z: Tensor) -> Tensor:
        for step in self.backwards:
            z, _ = step(z, inverse=True)
        return z

    def forward(self, x: Tensor) -> Tuple[Tensor, Tensor, Tensor]:
        z = x
        total = torch.zeros(x.shape[:-1])
        for step in self.steps:
            z, change = step(z)
            total += change
        likelihood = (-0.5 * z * z - self.half_log_tau).sum(-1) + total
        return z, likelihood, self.inverse(z)


class Diffusion(nn.Module):
    alphas: Tensor

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps
        self.register_buffer("alphas", torch.cumprod(1 - torch.linspace(1e-2, 0.2, steps), 0))
        self.net = nn.Sequential(nn.Linear(5, 8), nn.SiLU(), nn.Linear(8, 3))

    def noise(self, x: Tensor, t: int) -> Tensor:
        phase = torch.tensor([t / self.steps, math.cos(t)]).expand(x.size(0), 2)
        return self.net(torch.cat((x, phase), 1))

    def forward(self, x: Tensor, eta: float = 0.0) -> Tensor:
        for t in range(self.steps - 1, -1, -1):
            a = self.alphas[t]
            before = self.alphas[t - 1] if t > 0 else torch.ones([])
            predicted = self.noise(x, t)
            clean = (x - (1 - a).sqrt() * predicted) / a.sqrt()
            sigma = eta * ((1 - before) / (1 - a) * (1 - a / before)).sqrt()
            x = before.sqrt() * clean + (1 - before - sigma**2).clamp(0).sqrt() * predicted
            if eta > 0 and t > 0:
                x += sigma * torch.randn_like(x)
        return x


class GAN(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.generator = nn.Sequential(
            nn.ConvTranspose2d(2, 4, 4, 1, 0, bias=False), nn.BatchNorm2d(4), nn.ReLU(True),
            nn.ConvTranspose2d(4, 1, 4, 2, 1, bias=False), nn.Tanh(),
        )  # fmt: skip
        self.critic = nn.Sequential(nn.Conv2d(1, 4, 4, 2, 1), nn.LeakyReLU(0.2), nn.Flatten(1))

    def forward(self, z: Tensor, real: Tensor) -> Dict[str, Tensor]:
        fake = self.generator(z)
        scores = [self.critic(image).mean(1) for image in (real, fake)]
        ones = torch.ones_like(scores[0])
        loss = F.binary_cross_entropy_with_logits(scores[0], ones)
        return {"image": fake, "critic": loss + F.softplus(scores[1]).mean()}


class Normal:
    def __init__(self, mean: Tensor, deviation: Tensor) -> None:
        self.mean = mean
        self.deviation = deviation

    @property
    def variance(self) -> Tensor:
        return self.deviation * self.deviation

    def log_prob(self, x: Tensor) -> Tensor:
        return -((x - self.mean) ** 2) / (2 * self.variance) - self.deviation.log() - 0.9189385332

    def __mul__(self, other: "Normal") -> "Normal":
        precision = 1 / self.variance + 1 / other.variance
        mean = (self.mean / self.variance + other.mean / other.variance) / precision
        return Normal(mean, precision.rsqrt())


def product_of_experts(means: Tensor, deviations: Tensor, x: Tensor) -> Tuple[Tensor, Tensor]:
    joint = Normal(means[0], deviations[0])
    for i in range(1, means.size(0)):
        joint = joint * Normal(means[i], deviations[i])
    return joint.log_prob(x), joint.variance


def mixture_density(params: Tensor, target: Tensor, parts: int) -> Tensor:
    logits, mean, log_scale = torch.split(params, [parts, parts, parts], dim=-1)
    z = (target.unsqueeze(-1) - mean) * torch.exp(-log_scale)
    log_prob = -0.5 * z**2 - log_scale + torch.log_softmax(logits, -1)
    return -torch.logsumexp(log_prob, -1).mean()


Example = Callable[[], Tuple[Any, Tuple[Any, ...]]]

EXAMPLES: Dict[str, Example] = {
    "wavenet": lambda: (WaveNet(), (torch.randn(1, 1, 12),)),
    "conv-tasnet": lambda: (ConvTasNet(), (torch.randn(2, 1, 21),)),
    "spectrogram": lambda: (Spectrogram(8, 3, 4), (torch.randn(2, 30),)),
    "variational autoencoder": lambda: (VAE(), (torch.randn(3, 6),)),
    "vector quantiser": lambda: (VectorQuantiser(5, 2).eval(), (torch.randn(2, 3, 2),)),
    "normalising flow": lambda: (Flow(), (torch.randn(3, 4),)),
    "diffusion": lambda: (Diffusion(4), (torch.randn(2, 3), 0.5)),
    "generator and critic": lambda: (
        GAN().eval(),
        (torch.randn(2, 2, 1, 1), torch.randn(2, 1, 8, 8)),
    ),
    "product of experts": lambda: (
        product_of_experts,
        (torch.randn(3, 2), torch.rand(3, 2) + 0.5, torch.randn(2)),
    ),
    "mixture density": lambda: (mixture_density, (torch.randn(4, 9), torch.randn(4), 3)),
}
