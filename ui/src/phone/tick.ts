/** A worker that ticks: browsers slow the timers of hidden tabs, but not a worker's. */
setInterval(() => postMessage("tick"), 15_000);
