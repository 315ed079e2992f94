//! What a process has used.

use std::fs;
use std::time::Duration;

/// A process of this machine.
#[derive(Clone, Copy, Debug)]
pub struct Process(pub u32);

impl Process {
    /// The time its threads have had on a CPU: what `utime` and `stime` add up to, to the nanosecond
    /// instead of to the hundredth of a second.
    pub fn cpu(self) -> Duration {
        let threads = fs::read_dir(format!("/proc/{}/task", self.0)).expect("a process");
        let of_each = threads.filter_map(|thread| {
            let path = thread.ok()?.path().join("schedstat");
            fs::read_to_string(path).ok()?.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(of_each.sum())
    }

    /// How much of its memory is in RAM, in bytes.
    pub fn resident(self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0)).expect("a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kibibytes.expect("a size") << 10
    }
}
