//! The four calls, signed.

use std::fmt;
use std::io::{self, Read as _};
use std::time::{Duration, SystemTime};

use leftoff_roam::store::Store;
use rusty_s3::actions::ListObjectsV2;
use rusty_s3::{Bucket, S3Action, UrlStyle};
use ureq::http::{Response, header};
use ureq::{Agent, Body};

use crate::answer::{Refusal, not_reached};
use crate::clock::{Clock, system_time};

/// The key of an account at the service. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct Credentials(rusty_s3::Credentials);

impl Credentials {
    /// A key that stays valid.
    pub fn new(id: impl Into<String>, secret: impl Into<String>) -> Self {
        Self(rusty_s3::Credentials::new(id, secret))
    }

    /// A key that is valid for some hours, with the token that the service gave with it.
    pub fn temporary(id: impl Into<String>, secret: impl Into<String>, token: impl Into<String>) -> Self {
        Self(rusty_s3::Credentials::new_with_token(id, secret, token))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// Where the name of the bucket stands in an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// `https://bucket.host/name`, as AWS wants it.
    Host,
    /// `https://host/bucket/name`, for most other services and every service that is reached by an IP address.
    Path,
}

/// Objects in a bucket.
///
/// The bucket must exist. The account needs the permissions to list it and to put, get and delete its objects; a prefix
/// can be shared with nothing else. A bucket that keeps old versions, or that locks objects, keeps what
/// [`delete`](Store::delete) removed.
///
/// Each call waits at most about a minute for a service that does not answer, and repeats nothing except a request that
/// the service refused for its time: that one is signed again with the service's time. Proxies are taken from the
/// environment (`HTTPS_PROXY` and others).
pub struct S3Store {
    agent: Agent,
    bucket: Bucket,
    credentials: Credentials,
    clock: Clock,
}

/// No connection, or no further byte, within this time: the service does not answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long a signed address is valid. It is used at once, and by nobody else.
const VALID: Duration = Duration::from_secs(120);
/// The largest object that is read, in bytes. Without a limit, a hostile service could fill the memory.
const MAX_OBJECT: u64 = 1 << 30;
/// The largest answer other than an object, in bytes: a page of a listing has a thousand names.
const MAX_ANSWER: u64 = 4 << 20;

impl S3Store {
    /// Uses the bucket `bucket` at `endpoint`, such as `https://s3.eu-central-1.amazonaws.com`. Sends nothing.
    ///
    /// Services without regions mostly take `us-east-1` or `auto`.
    ///
    /// # Errors
    /// `InvalidInput`: the endpoint is not an address with `https` or `http`, or cannot contain the bucket's name.
    pub fn new(
        endpoint: &str,
        region: impl Into<String>,
        bucket: impl Into<String>,
        addressing: Addressing,
        credentials: Credentials,
    ) -> io::Result<Self> {
        let style = match addressing {
            Addressing::Host => UrlStyle::VirtualHost,
            Addressing::Path => UrlStyle::Path,
        };
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        let endpoint = endpoint.parse().map_err(|_| invalid("the endpoint is not an address"))?;
        let bucket = Bucket::new(endpoint, style, bucket.into(), region.into())
            .map_err(|_| invalid("the endpoint and the name of the bucket make no address"))?;
        let agent = Agent::config_builder()
            // The body of a refusal says why.
            .http_status_as_error(false)
            .timeout_resolve(Some(PATIENCE))
            .timeout_connect(Some(PATIENCE))
            .timeout_per_read(Some(PATIENCE))
            .timeout_per_write(Some(PATIENCE))
            .timeout_recv_response(Some(PATIENCE))
            // A redirected request would not be signed for its new address.
            .max_redirects(0)
            .user_agent(concat!("leftoff-roam-s3/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self { agent, bucket, credentials, clock: Clock::default() })
    }

    /// Sends a request, once more if the service refuses its time, and returns the answer if it is a success.
    fn ask<'a, A: S3Action<'a>>(
        &'a self,
        action: &A,
        send: impl Fn(&str) -> Result<Response<Body>, ureq::Error>,
    ) -> io::Result<Result<Response<Body>, Refusal>> {
        let mut is_repeated = false;
        loop {
            let url = action.sign_with_time(VALID, &self.clock.for_signing());
            let mut answer = send(url.as_str()).map_err(|error| not_reached(&error))?;
            if let Some(date) = answer.headers().get(header::DATE).and_then(|date| date.to_str().ok()) {
                self.clock.hear(date);
            }
            if answer.status().is_success() {
                return Ok(Ok(answer));
            }
            let refusal = Refusal::of(answer.status().as_u16(), &read(&mut answer, MAX_ANSWER).unwrap_or_default());
            if refusal != Refusal::Skewed || is_repeated {
                return Ok(Err(refusal));
            }
            is_repeated = true;
        }
    }

    /// Returns one page of a listing, and the token of the next.
    fn page(&self, prefix: &str, token: Option<&str>) -> io::Result<(Vec<String>, Option<String>)> {
        let mut action = self.bucket.list_objects_v2(Some(&self.credentials.0));
        action.with_prefix(prefix);
        if let Some(token) = token {
            action.with_continuation_token(token);
        }
        let mut answer = self.ask(&action, |url| self.agent.get(url).call())?.map_err(|refusal| match refusal {
            // Of a listing, this is no statement about an object.
            Refusal::NotFound => Refusal::Other(404, io::ErrorKind::NotConnected),
            refusal => refusal,
        })?;
        let body = read(&mut answer, MAX_ANSWER)?;
        let malformed = || io::Error::new(io::ErrorKind::InvalidData, "the listing of the store is malformed");
        let body = std::str::from_utf8(&body).map_err(|_| malformed())?;
        let listed = ListObjectsV2::parse_response(body).map_err(|_| malformed())?;
        Ok((listed.contents.into_iter().map(|object| object.key).collect(), listed.next_continuation_token))
    }
}

/// Reads a whole body. One that ends early is an error.
fn read(answer: &mut Response<Body>, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut body = answer.body_mut().as_reader().take(limit + 1);
    // The inner error may name the address.
    let cut = |error: io::Error| io::Error::new(error.kind(), "the answer of the store was cut short");
    body.read_to_end(&mut bytes).map_err(cut)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the answer of the store is too large"));
    }
    Ok(bytes)
}

impl Store for S3Store {
    fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let action = self.bucket.put_object(Some(&self.credentials.0), name);
        self.ask(&action, |url| self.agent.put(url).send(bytes))?.map(drop).map_err(|refusal| match refusal {
            Refusal::NotFound => Refusal::Other(404, io::ErrorKind::NotConnected).into(),
            refusal => refusal.into(),
        })
    }

    fn get(&self, name: &str) -> io::Result<Vec<u8>> {
        let action = self.bucket.get_object(Some(&self.credentials.0), name);
        read(&mut self.ask(&action, |url| self.agent.get(url).call())??, MAX_OBJECT)
    }

    fn list(&self, prefix: &str) -> io::Result<Vec<String>> {
        let (mut names, mut token) = (Vec::new(), None);
        loop {
            let (page, next) = self.page(prefix, token.as_deref())?;
            // A service that repeats a page forever is broken.
            let is_stuck = next.is_some() && (page.is_empty() || next == token);
            names.extend(page);
            match next {
                None => return Ok(names),
                Some(_) if is_stuck => {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "the listing of the store does not end"));
                }
                next => token = next,
            }
        }
    }

    fn delete(&self, name: &str) -> io::Result<()> {
        let action = self.bucket.delete_object(Some(&self.credentials.0), name);
        match self.ask(&action, |url| self.agent.delete(url).call())? {
            Ok(_) | Err(Refusal::NotFound) => Ok(()),
            Err(refusal) => Err(refusal.into()),
        }
    }

    fn date(&self) -> Option<SystemTime> {
        self.clock.now().map(system_time)
    }
}

/// Without the address.
impl fmt::Debug for S3Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Store").field("region", &self.bucket.region()).finish_non_exhaustive()
    }
}
