//! Whatever error the operating system returns, the storage is unavailable, and nothing is concluded about a frame.

use super::*;

const ENOENT: i32 = 2;
const EEXIST: i32 = 17;
const EINVAL: i32 = 22;
#[cfg(target_os = "linux")]
const ENOTSUP: i32 = 95;
#[cfg(not(target_os = "linux"))]
const ENOTSUP: i32 = 45;

#[test]
fn state_that_the_system_cannot_read_is_unavailable_and_neither_newer_nor_empty_nor_damaged() {
    for error in [ENOENT, EINVAL, ENOTSUP] {
        for call in [Call::List, Call::Read] {
            let memory = MemoryBackend::new();
            let mut session = open(memory.clone());
            put(&mut session, "a", |capture| capture.set(FORM, &1));
            session.close().unwrap();
            let (backend, faults) = faulty(&memory);
            faults.inject(call, When::Always, Fault::Os(error));
            let stored = frames(&memory);
            let session = still(backend).open();
            assert_eq!(session.outcome(), Outcome::Unavailable, "{error} {call:?}");
            drop(session);
            assert_eq!(frames(&memory), stored, "{error} {call:?}");
        }
    }
}

#[test]
fn write_that_the_system_refuses_is_tried_again_under_the_same_name_in_the_same_log() {
    for error in [ENOENT, EEXIST, EINVAL, ENOTSUP] {
        let (memory, clock) = (MemoryBackend::new(), ManualClock::new());
        let (backend, faults) = faulty(&memory);
        let mut session = still(backend).clock(clock.clone()).open();
        put(&mut session, "a", |capture| capture.set(FORM, &1));
        let logs = memory.generations().unwrap();
        faults.inject(Call::Create, When::Nth(faults.calls(Call::Create) + 1), Fault::Os(error));
        session.mark("a");
        assert_eq!(session.autosave(|capture| capture.set(FORM, &2)).unwrap(), Saved::Deferred, "{error}");
        let failing = session.status().failing.map(|failing| failing.kind());
        assert_eq!(failing, Some(ErrorKind::Unavailable), "{error}");
        clock.advance(seconds(60));
        session.run_pending();
        assert!(session.status().failing.is_none(), "{error}");
        assert_eq!(memory.generations().unwrap(), logs, "{error}: no new log");
        let last = memory.list().unwrap().into_iter().max();
        assert_eq!(last.map(|id| id.index as usize + 1), Some(memory.list().unwrap().len()), "{error}: no gap");
        crash(session);
        assert_eq!(open(memory).get(FORM).unwrap(), Some(2), "{error}");
    }
}
