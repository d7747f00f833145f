"""How the peers take times."""
import statistics
import time


def milliseconds(action, steps, warm_up=2):
    """Medians over `steps` calls, after some that do not count: on the wall, of the processor."""
    wall, processor = [], []
    for _ in range(steps + warm_up):
        began, used = time.perf_counter(), time.process_time()
        action()
        wall.append(1e3 * (time.perf_counter() - began))
        processor.append(1e3 * (time.process_time() - used))
    return statistics.median(wall[warm_up:]), statistics.median(processor[warm_up:])
