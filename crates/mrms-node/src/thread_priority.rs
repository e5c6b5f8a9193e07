//! Thread priorities: the thread that makes blocks goes first when there are more threads than processors.

/// How much a thread's nice value is raised, in steps of the system. A higher nice value is a lower priority.
#[cfg(target_os = "linux")]
const NICE_STEPS: i32 = 5;

/// Lowers the priority of the calling thread.
///
/// Call it in threads that answer reads and serve connections. Every client that waits for a block waits for
/// the one thread that makes blocks, and that thread must not queue behind all the others. Does nothing where
/// the system refuses, or has no priority per thread.
pub fn lower_thread_priority() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(NICE_STEPS);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn only_the_calling_thread_is_lowered() {
        let priority = || rustix::process::getpriority_process(None).unwrap();
        let before = priority();
        let lowered = std::thread::spawn(move || {
            lower_thread_priority();
            priority()
        });
        assert_eq!(lowered.join().unwrap(), (before + NICE_STEPS).min(19));
        assert_eq!(priority(), before);
    }
}
