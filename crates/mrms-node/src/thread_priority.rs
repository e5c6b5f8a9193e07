//! Who goes first where there is more to do than processors.

/// How far behind the others a thread is put, in steps of the system's nice value.
#[cfg(target_os = "linux")]
const STEPS: i32 = 5;

/// Puts the calling thread behind those that have not done so. For threads that answer questions and serve
/// connections: whoever waits for a block waits for the one thread that makes it, which must not queue behind
/// all the others. Where the system refuses, or knows no such thing for a thread, all stay equal.
pub fn give_way() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(STEPS);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn only_the_thread_that_asks_is_put_behind() {
        let of_this_thread = || rustix::process::getpriority_process(None).unwrap();
        let before = of_this_thread();
        let asked = std::thread::spawn(move || {
            give_way();
            of_this_thread()
        });
        assert_eq!(asked.join().unwrap(), (before + STEPS).min(19));
        assert_eq!(of_this_thread(), before);
    }
}
