//! A PostgreSQL server of one's own for tests: a Unix socket in a temporary directory, gone with
//! the test. A test on a machine without PostgreSQL says that it is skipped.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running server.
pub struct PrivatePostgres {
    server: Child,
    directory: tempfile::TempDir,
    bin: PathBuf,
}

impl PrivatePostgres {
    /// Starts one, or says why there is none.
    pub fn start() -> Result<Self, String> {
        let bin = find_bin().ok_or("PostgreSQL is not installed: Debian's package 'postgresql'")?;
        let directory = tempfile::tempdir().map_err(|e| e.to_string())?;
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(directory.path()))?;
        }
        let data = directory.path().join("data");
        run(unprivileged(&bin.join("initdb"), directory.path())
            .args(["--no-sync", "--auth=trust", "--username=cpi", "--pgdata"])
            .arg(&data))?;
        let server = unprivileged(&bin.join("postgres"), directory.path())
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses=", "-c", "max_connections=150", "-k"])
            .arg(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|e| e.to_string())?;
        let this = Self { server, directory, bin };
        this.wait()?;
        Ok(this)
    }

    /// Its URL; the socket's directory stands where a host would.
    pub fn url(&self) -> String {
        let host = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgres://cpi:marked-password@{host}/postgres")
    }

    /// Ends every client's session, and waits until they are gone: only then are their locks.
    pub fn cut_sessions(&self) {
        self.psql(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity \
             WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        )
        .expect("sessions are cut");
    }

    fn wait(&self) -> Result<(), String> {
        let end = Instant::now() + Duration::from_secs(30);
        while Instant::now() < end {
            if self.psql("SELECT 1").is_ok() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("PostgreSQL did not start within 30 s".into())
    }

    fn psql(&self, sql: &str) -> Result<(), String> {
        run(Command::new(self.bin.join("psql"))
            .arg("-h")
            .arg(self.directory.path())
            .args(["-U", "cpi", "-d", "postgres", "-c", sql]))
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // `runuser` passes no signal on, so the server is told through its own pid file.
        let data = self.directory.path().join("data");
        let mut stop = unprivileged(&self.bin.join("pg_ctl"), self.directory.path());
        let _ = run(stop.args(["stop", "-m", "immediate", "-D"]).arg(data));
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn find_bin() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin")));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

/// The server refuses to run as root.
fn unprivileged(program: &Path, directory: &Path) -> Command {
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    command.current_dir(directory);
    command
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| e.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
