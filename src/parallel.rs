//! Many items on all cores, their order kept, and memory for a few of them.

use std::collections::VecDeque;
use std::iter::{self, Fuse};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use crate::pipeline::Pipeline;

/// How many items a thread are under way: enough that one long article does not leave the other threads idle.
const AHEAD: usize = 4;

/// What `each` makes of the items, in their order.
pub(crate) fn in_order<I, T, R, F>(items: I, pipeline: Pipeline, each: F) -> impl Iterator<Item = R> + use<I, T, R, F>
where
    I: Iterator<Item = T>,
    T: Send + 'static,
    R: Send + 'static,
    F: Fn(&Pipeline, T) -> R + Send + Sync + 'static,
{
    let work = Arc::new((pipeline, each));
    let mut items: Fuse<I> = items.fuse();
    let mut under_way: VecDeque<Receiver<thread::Result<R>>> = VecDeque::new();
    iter::from_fn(move || {
        while under_way.len() < AHEAD * rayon::current_num_threads()
            && let Some(item) = items.next()
        {
            let (send, receive) = mpsc::sync_channel(1);
            let work = Arc::clone(&work);
            // Where nobody waits for the result any more, it is dropped.
            rayon::spawn_fifo(move || drop(send.send(catch_unwind(AssertUnwindSafe(|| work.1(&work.0, item))))));
            under_way.push_back(receive);
        }
        wait(&under_way.pop_front()?)?.map_or_else(|panic| resume_unwind(panic), Some)
    })
}

/// Waits for a result; a thread of the pool itself works on meanwhile.
fn wait<R>(result: &Receiver<R>) -> Option<R> {
    if rayon::current_thread_index().is_none() {
        return result.recv().ok();
    }
    loop {
        match result.try_recv() {
            Err(TryRecvError::Empty) if rayon::yield_now() != Some(rayon::Yield::Executed) => thread::yield_now(),
            Err(TryRecvError::Empty) => {}
            received => return received.ok(),
        }
    }
}
