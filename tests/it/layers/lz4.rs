use super::*;
use leftoff::layer::Compressed;
use leftoff_testing::conformance;

#[test]
fn compressed_memory_conforms() {
    conformance(|| Compressed::new(MemoryBackend::new()), |backend| backend);
}

#[test]
fn compressed_state_is_smaller_and_comes_back_also_with_a_state_of_before() {
    let memory = MemoryBackend::new();
    let value = "call Ana about the offer; ".repeat(4000);
    still(memory.clone()).open().save(|capture| capture.set(NOTE, &value)).unwrap();
    let size = |memory: &MemoryBackend| -> usize {
        memory.list().unwrap().into_iter().map(|id| memory.read(id).unwrap().len()).sum()
    };
    let plain = size(&memory);
    let open = || still(memory.clone()).layer(Compressed::new).open();
    let mut session = open();
    assert_eq!(session.get(NOTE).unwrap().as_ref(), Some(&value));
    session.save(|capture| capture.set(NOTE, &format!("{value}!"))).unwrap();
    drop(session);
    let mut changed = open();
    assert_eq!(changed.get(NOTE).unwrap(), Some(format!("{value}!")));
    changed.save(|capture| capture.set(NOTE, &"x".repeat(100_000))).unwrap();
    drop(changed);
    assert_eq!(open().get(NOTE).unwrap().map(|note| note.len()), Some(100_000));
    let fresh = MemoryBackend::new();
    still(fresh.clone()).layer(Compressed::new).open().save(|capture| capture.set(NOTE, &value)).unwrap();
    assert!(size(&fresh) * 10 < plain, "{} of {plain} bytes", size(&fresh));
}
