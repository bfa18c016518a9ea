//! What may go wrong with an API call, and what is known of its effect then.

use crate::answer::{Fault, Foreign};
use crate::hint;
use crate::phrases::{ENTITY_DOES_NOT_EXIST, GONE};
use cloud_http::{CloudError, Effect, Outcome, SendError};
use std::time::Duration;

/// Why a call gave no answer. No text of it holds a secret.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The settings make no client; names the setting.
    #[error("{0}")]
    Settings(String),
    /// The command cannot be written as parameters.
    #[error("{command}: {reason}")]
    Unusable {
        /// The command.
        command: &'static str,
        /// The field and what is wrong with it.
        reason: String,
    },
    /// No answer came.
    #[error("{command}: {cause}")]
    Unanswered {
        /// The command.
        command: &'static str,
        /// Why, and whether the request may have arrived.
        cause: SendError,
    },
    /// The cloud refused, at once or in a job.
    #[error("{0}")]
    Refused(Box<Refusal>),
    /// Something else than CloudStack answered, or half of it.
    #[error("{command}: HTTP {http_status} with {what}")]
    Foreign {
        /// The command.
        command: &'static str,
        /// The HTTP status.
        http_status: u16,
        /// What came.
        what: Foreign,
        /// The wait that it asks for, in `Retry-After`.
        retry_after: Option<Duration>,
    },
    /// The cloud did it, but its answer is not of the shape we know.
    #[error("{command}: an answer of a shape we do not know: {reason}")]
    Odd {
        /// The command.
        command: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// A job's end is not to be learned.
    #[error("{command}: job {job} {why}")]
    JobLost {
        /// The command that started it.
        command: &'static str,
        /// The job.
        job: String,
        /// What became of it.
        why: JobLoss,
    },
}

/// The wait where a 429 names none.
const UNNAMED_WAIT: Duration = Duration::from_secs(1);

/// Why the end of a job is not known.
#[derive(Debug, Clone, thiserror::Error)]
pub enum JobLoss {
    /// It failed without an error: its management server was restarted, or it blocked others
    /// too long.
    #[error("ended without a result; a management server may have been restarted")]
    NoResult,
    /// It was cancelled.
    #[error("was cancelled")]
    Cancelled,
    /// The cloud does not know it any more.
    #[error("is not known to the cloud any more")]
    Purged,
    /// It still ran at the deadline.
    #[error("did not end in time")]
    StillRunning,
    /// Asking for it failed until the deadline, or for good.
    #[error("cannot be asked for: {0}")]
    Unseen(Box<Error>),
}

impl JobLoss {
    /// The wait that the cloud asked for when it was last asked for the job.
    pub(crate) fn asked_wait(&self) -> Duration {
        match self {
            JobLoss::Unseen(error) => error.asked_wait(),
            _ => None,
        }
        .unwrap_or_default()
    }
}

/// A refusal by CloudStack itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The command that was refused, or whose job failed.
    pub command: &'static str,
    /// What the command does.
    pub effect: Effect,
    /// The HTTP status; 200 where a job failed.
    pub http_status: u16,
    /// CloudStack's error code: 431, 530 …
    pub errorcode: i64,
    /// The kind of exception: 4350, 9999 …; jobs and some answers have none.
    pub cserrorcode: Option<i64>,
    /// Its words, with our secrets taken out.
    pub text: String,
    /// Whether it was a job that failed, not the call.
    pub from_job: bool,
    /// The ids it speaks of.
    pub uuids: Vec<String>,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { command, errorcode, text, .. } = self;
        match self.from_job {
            true => write!(f, "{command}: the job failed with {errorcode}")?,
            false => write!(f, "{command}: refused with {errorcode}")?,
        }
        match self.cserrorcode {
            Some(code) if code != 0 => write!(f, "/{code}: {text}"),
            _ => write!(f, ": {text}"),
        }
    }
}

impl Refusal {
    pub(crate) fn new(command: &'static str, effect: Effect, status: u16, fault: Fault) -> Self {
        Self {
            command,
            effect,
            http_status: status,
            errorcode: fault.errorcode,
            cserrorcode: fault.cserrorcode,
            text: fault.text,
            from_job: false,
            uuids: fault.uuids,
        }
    }

    pub(crate) fn of_job(command: &'static str, effect: Effect, fault: Fault) -> Self {
        Self { from_job: true, ..Self::new(command, effect, 200, fault) }
    }

    /// Whether its words hold one of the [`phrases`](crate::phrases).
    pub fn says(&self, phrase: &str) -> bool {
        self.text.contains(phrase)
    }

    /// The wait that the cloud asks for before the next try. Its words are "please retry after
    /// [N] ms" (RateLimit, `ApiRateLimitServiceImpl.java`); a second where it names none.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        match self.errorcode {
            429 => {
                let number =
                    self.text.split(|c: char| !c.is_ascii_digit()).rfind(|n| !n.is_empty());
                let millis = number.and_then(|n| n.parse().ok()).unwrap_or(1000);
                Some(Duration::from_millis(millis))
            }
            _ => None,
        }
    }

    /// Whether it certainly changed nothing.
    ///
    /// A call that is refused at once was not begun, except for 530, which stands for anything
    /// that goes wrong on the way. A job that finds fault with its parameters or with the state
    /// of things (430 to 432) stops before it does anything; but where a job makes something,
    /// the call itself has already entered it in the books.
    fn changed_nothing(&self) -> bool {
        match (self.from_job, self.errorcode) {
            (false, code) => code != 530 || self.effect == Effect::Read,
            (true, 430..=432) => self.effect != Effect::Create,
            (true, _) => false,
        }
    }
}

impl Error {
    /// What is known of the effect of a call that ended so.
    pub fn outcome<T>(self) -> Outcome<T, Error> {
        match () {
            () if self.is_unsent() => Outcome::NotSent(self),
            () if self.changed_nothing() => Outcome::NotApplied(self),
            () => Outcome::Unknown(self),
        }
    }

    fn changed_nothing(&self) -> bool {
        match self {
            Error::Refused(refusal) => refusal.changed_nothing(),
            // A redirect or a client error of somebody in between: it went no further. 408 is
            // said by one who gave up waiting.
            Error::Foreign { http_status, .. } => {
                matches!(http_status, 300..=499) && *http_status != 408
            }
            _ => false,
        }
    }

    /// The wait that whoever refused asks for: the cloud, or a proxy that limits requests, which
    /// went no further then.
    pub(crate) fn asked_wait(&self) -> Option<Duration> {
        match self {
            Error::Refused(refusal) => refusal.asked_wait(),
            Error::Foreign { http_status: 429, retry_after, .. } => {
                Some(retry_after.unwrap_or(UNNAMED_WAIT))
            }
            Error::Foreign { http_status: 503, retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the request certainly did not leave this machine.
    pub fn is_unsent(&self) -> bool {
        match self {
            Error::Unanswered { cause, .. } => cause.certainly_not_sent(),
            Error::Settings(_) | Error::Unusable { .. } => true,
            _ => false,
        }
    }

    /// Whether the call may have arrived, or may still, and nothing tells what came of it.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            Error::Unanswered { cause, .. } => !cause.certainly_not_sent(),
            Error::Foreign { .. } | Error::Odd { .. } => !self.changed_nothing(),
            _ => false,
        }
    }

    /// CloudStack's error code, if it was CloudStack that refused.
    pub fn code(&self) -> Option<i64> {
        self.refusal().map(|refusal| refusal.errorcode)
    }

    /// The refusal, if it is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Whether CloudStack refused with one of the [`phrases`](crate::phrases).
    pub fn says(&self, phrase: &str) -> bool {
        self.refusal().is_some_and(|refusal| refusal.says(phrase))
    }

    /// What a person could do about it, where we know.
    pub fn hint(&self) -> Option<&'static str> {
        hint::of(self)
    }

    /// Whether the same call may well succeed in a moment.
    pub fn is_transient(&self) -> bool {
        match self {
            Error::Unanswered { cause, .. } => Effect::Read.may_resend_after(cause),
            Error::Refused(refusal) => matches!(refusal.errorcode, 429 | 503),
            Error::Foreign { http_status, what, .. } => {
                *http_status >= 500
                    || *http_status == 429
                    || matches!(what, Foreign::Empty | Foreign::Truncated)
            }
            Error::Settings(_) | Error::Unusable { .. } => false,
            Error::Odd { .. } | Error::JobLost { .. } => false,
        }
    }
}

impl CloudError for Error {
    type Code = i64;

    fn refusal_code(&self) -> Option<&i64> {
        self.refusal().map(|refusal| &refusal.errorcode)
    }

    fn says(&self, phrase: &str) -> bool {
        Error::says(self, phrase)
    }

    fn is_not_found(&self) -> bool {
        self.code() == Some(431) && (self.says(ENTITY_DOES_NOT_EXIST) || self.says(GONE))
    }

    fn is_unreachable(&self) -> bool {
        matches!(self, Error::Unanswered { cause, .. } if cause.certainly_not_sent())
    }

    fn is_locked_out(&self) -> bool {
        self.code() == Some(401)
    }

    /// The cloud did not answer, or its management server went down under the job.
    fn may_pass(&self) -> bool {
        match self {
            Error::JobLost { why, .. } => !matches!(why, JobLoss::StillRunning),
            error => error.is_transient(),
        }
    }

    fn hint(&self) -> Option<&'static str> {
        Error::hint(self)
    }

    fn outcome<T>(self) -> Outcome<T, Error> {
        Error::outcome(self)
    }
}

/// The outcome of a mutating call: for `Operation::step`.
pub fn outcome<T>(result: Result<T, Error>) -> Outcome<T, Error> {
    match result {
        Ok(answer) => Outcome::Applied(answer),
        Err(error) => error.outcome(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cloud_http::TlsFault;

    fn refused(effect: Effect, from_job: bool, errorcode: i64) -> Error {
        let fault = Fault { errorcode, ..Fault::default() };
        let make = if from_job {
            Refusal::of_job("deployVirtualMachine", effect, fault)
        } else {
            Refusal::new("deployVirtualMachine", effect, errorcode as u16, fault)
        };
        Error::Refused(Box::new(make))
    }

    fn known(error: Error) -> bool {
        matches!(error.outcome::<()>(), Outcome::NotApplied(_) | Outcome::NotSent(_))
    }

    #[test]
    fn a_call_that_is_refused_at_once_had_no_effect_but_530_may_come_late() {
        for effect in [Effect::Create, Effect::Change, Effect::Delete] {
            for code in [400, 401, 429, 430, 431, 432, 503, 531, 532, 533, 534, 535, 536, 537] {
                assert!(known(refused(effect, false, code)), "{code}");
            }
            assert!(!known(refused(effect, false, 530)));
        }
    }

    /// A VM whose job fails stays in the books, in state Error or Stopped.
    #[test]
    fn a_failed_job_may_have_done_half_its_work() {
        for code in [430, 431, 432] {
            assert!(known(refused(Effect::Change, true, code)), "{code}");
            assert!(known(refused(Effect::Delete, true, code)), "{code}");
            assert!(!known(refused(Effect::Create, true, code)), "{code}");
        }
        for code in [530, 531, 533, 534, 535] {
            for effect in [Effect::Create, Effect::Change, Effect::Delete] {
                assert!(!known(refused(effect, true, code)), "{code}");
            }
        }
    }

    #[test]
    fn only_what_certainly_stayed_here_or_was_turned_away_had_no_effect() {
        let unanswered = |cause| Error::Unanswered { command: "createVolume", cause };
        assert!(known(unanswered(SendError::NotSent("dns".into()))));
        assert!(known(unanswered(SendError::Untrusted(TlsFault::Expired, "cert".into()))));
        assert!(known(unanswered(SendError::Setup("proxy".into()))));
        assert!(!known(unanswered(SendError::MaybeSent("reset".into()))));
        assert!(!known(unanswered(SendError::TimedOut)));
        assert!(!known(unanswered(SendError::TooLarge(1))));
        for (http_status, expected) in
            [(200, false), (302, true), (404, true), (407, true), (408, false), (502, false)]
        {
            let (what, retry_after) = (Foreign::Html, None);
            let error = Error::Foreign { command: "createVolume", http_status, what, retry_after };
            assert_eq!(known(error), expected, "{http_status}");
        }
        assert!(!known(Error::Odd { command: "createVolume", reason: "shape".into() }));
        assert!(known(Error::Unusable { command: "createVolume", reason: "empty".into() }));
    }

    #[test]
    fn the_wait_of_a_429_is_read_out_of_its_words() {
        let wait = |code, text: &str| {
            let fault = Fault { errorcode: code, text: text.into(), ..Fault::default() };
            Refusal::new("listZones", Effect::Read, 429, fault).asked_wait()
        };
        let text =
            "The given user has reached his/her account api limit, please retry after 732 ms.";
        assert_eq!(wait(429, text), Some(Duration::from_millis(732)));
        assert_eq!(wait(429, "retry after [5] ms."), Some(Duration::from_millis(5)));
        assert_eq!(wait(429, "slow down"), Some(Duration::from_secs(1)));
        assert_eq!(wait(429, "99999999999999999999999 ms"), Some(Duration::from_secs(1)));
        assert_eq!(wait(530, text), None);
    }

    /// The hints an operator needs first.
    #[test]
    fn refusals_have_hints() {
        for (code, word) in
            [(401, "clock"), (429, "limit"), (432, "role"), (531, "permission"), (533, "capacity")]
        {
            let error = refused(Effect::Create, false, code);
            assert!(error.hint().unwrap().contains(word), "{code}: {:?}", error.hint());
        }
        assert_eq!(refused(Effect::Create, false, 431).hint(), None);
    }
}
