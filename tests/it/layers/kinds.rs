use super::*;
use LayerKind::{Compress, Mirror, MirrorOpen, Other, Quota, Seal};

#[test]
fn orders_that_make_no_sense_are_refused_at_open_and_store_nothing() {
    refuses(&[Compress, Seal], "compression is inside the encryption");
    refuses(&[Compress, Other, Seal], "compression is inside the encryption");
    refuses(&[Quota, Seal], "quota is inside the encryption");
    refuses(&[Quota, Compress], "quota is inside the compression");
    refuses(&[Quota, Mirror], "counts one copy");
    refuses(&[Compress, Compress], "compressed twice");
    refuses(&[Seal, Seal], "encrypted twice");
    refuses(&[Quota, Quota], "two quotas");
    refuses(&[Seal, MirrorOpen], "only one copy");
}

#[test]
fn orders_that_make_sense_open() {
    let every: [&[LayerKind]; 6] = [
        &[Seal, Compress],
        &[Seal, Compress, Quota],
        &[Seal, Mirror],
        &[Mirror, Seal, Compress, Quota],
        &[Mirror, Mirror],
        &[Other, Other],
    ];
    for layers in every {
        let memory = MemoryBackend::new();
        let mut session = session_of(&memory, layers);
        session.save(|capture| capture.set(NOTE, &"call Ana".to_owned())).unwrap();
        assert_eq!(session.outcome(), Outcome::Fresh, "{layers:?}");
    }
}

#[cfg(any(unix, windows))]
#[test]
fn wrong_order_over_a_directory_is_refused_too() {
    let scratch = tempfile::tempdir().unwrap();
    let builder = Session::builder(crate::support::APP).dir(scratch.path()).without_thread();
    let session = builder.layer(|storage| Stated(Compress, storage)).layer(|storage| Stated(Seal, storage)).open();
    assert_eq!(session.outcome(), Outcome::Unavailable);
}

#[test]
fn frames_of_a_missing_layer_are_of_a_newer_format_and_are_not_removed() {
    for magic in [b"\x89LS1", b"\x89LZ1"] {
        let memory = MemoryBackend::new();
        let id = |number| FrameId { generation: Generation { number, writer: 7 }, index: 0 };
        for number in 1..=11 {
            memory.create(id(number), &[&magic[..], &[7; 200]].concat()).unwrap();
        }
        for launch in 0..40 {
            let mut session = still(memory.clone()).open();
            if launch == 0 {
                assert_eq!(session.outcome(), Outcome::NewerFormat);
            }
            session.mark("note");
            session.save(|capture| capture.set(NOTE, &format!("launch {launch}"))).unwrap();
            crate::support::settle(&mut session);
        }
        let left = (1..=11).filter(|number| memory.read(id(*number)).is_ok()).count();
        assert_eq!(left, 11);
    }
}

/// An export is a plain file.
#[test]
fn export_leaves_out_what_is_stored_only_under_a_seal() {
    const SECRET: Section<String> = Section::<String>::new("secret", 1).sensitivity(leftoff::Sensitivity::Sealed);

    let mut session = session_of(&MemoryBackend::new(), &[Seal]);
    let save = |session: &mut Session, secret: &str| {
        session.save(|capture| {
            capture.set(NOTE, &"call Ana".to_owned());
            capture.set(SECRET, &secret.to_owned());
        })
    };
    for secret in ["canary 1", "canary 2"] {
        save(&mut session, secret).unwrap();
        let export = session.export(5).unwrap();
        assert!(!export.to_bytes().windows(6).any(|bytes| bytes == b"canary"));
        assert!(export.left_out().iter().any(|left_out| left_out.name == "secret"));
    }
}
