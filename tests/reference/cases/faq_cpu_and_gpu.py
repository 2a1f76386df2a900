import tscript as torch
from tscript import nn

gpu_model = nn.Linear(3, 2)
sample_input_gpu = torch.rand(1, 3)
use_gpu = False

cpu_model = gpu_model.cpu()
sample_input_cpu = sample_input_gpu.cpu()
traced_cpu = torch.jit.trace(cpu_model, sample_input_cpu)
torch.jit.save(traced_cpu, "cpu.pth")

traced_gpu = torch.jit.trace(gpu_model, sample_input_gpu)
torch.jit.save(traced_gpu, "gpu.pth")

# ... later, when using the model:

if use_gpu:
    model = torch.jit.load("gpu.pth")
else:
    model = torch.jit.load("cpu.pth")

result = model(sample_input_cpu)
