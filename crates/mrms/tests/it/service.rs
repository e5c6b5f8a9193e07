//! A command that serves until it is told to end.

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::Value;

use crate::json_page;
use crate::support::Home;

/// Ends with the test at the latest.
pub(crate) struct Service {
    child: Child,
    /// What it printed when it was ready.
    pub(crate) told: Value,
    /// What it prints later must find somebody who could read it.
    _stdout: BufReader<ChildStdout>,
}

impl Service {
    /// Starts a command as somebody, on a free port of this machine or where it says itself.
    pub(crate) fn start(home: &Home, name: &str, line: &[&str]) -> Self {
        Self::start_with(home, name, line, &[])
    }

    /// The same with further variables of the environment.
    pub(crate) fn start_with(
        home: &Home,
        name: &str,
        line: &[&str],
        variables: &[(&str, &str)],
    ) -> Self {
        let says_where = line == ["up"] || line.iter().any(|word| word.ends_with("listen"));
        let free: &[&str] = if says_where { &[] } else { &["--listen", "127.0.0.1:0"] };
        let more = ["--log-level", "warn", "--json"];
        let mut command = home.command(name, &[line, free, &more].concat());
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        let told = serde_json::from_str(&first).unwrap();
        json_page::assert_object_fits(line, &told);
        Self { child, told, _stdout: stdout }
    }

    /// Asks it to end, as a service manager does.
    pub(crate) fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
