//! What tasks cost: a switch from one to another, by channel, by promise and by yielding, and the life
//! of a task. Each program does its operation [`COUNT`] times; the throughput is that of operations.

use criterion::{Criterion, Throughput};
use hyp_benches::engine;

/// Operations of one run of a program.
const COUNT: u64 = 200_000;

/// Names, with programs in which `COUNT` stands for the number of operations.
const PROGRAMS: &[(&str, &str)] = &[
    (
        "switch by yield",
        "Focus {
            mesmerize suggestion turn(n: number) {
                loop (induce i: number = 0; i < n; i = i + 1) { yieldTask(); }
            }
            induce a = turn(COUNT / 2);
            induce b = turn(COUNT / 2);
            await a;
            await b;
        } Relax",
    ),
    // With room for one message, sender and receiver take turns.
    (
        "switch by channel",
        "Focus {
            createChannel(\"c\", \"mpsc\", 1);
            mesmerize suggestion receiver(n: number): number {
                induce sum: number = 0;
                loop (induce i: number = 0; i < n; i = i + 1) {
                    sum = sum + channelReceive(\"c\", \"mpsc\");
                }
                awaken sum;
            }
            mesmerize suggestion sender(n: number) {
                loop (induce i: number = 0; i < n; i = i + 1) { channelSend(\"c\", \"mpsc\", i); }
            }
            induce sum = receiver(COUNT);
            sender(COUNT);
            await sum;
        } Relax",
    ),
    // The caller waits for the task and the task for its turn: two switches.
    (
        "spawn, two switches by await, finish",
        "Focus {
            mesmerize suggestion task(n: number) { yieldTask(); awaken n; }
            induce sum: number = 0;
            loop (induce i: number = 0; i < COUNT; i = i + 1) { sum = sum + await task(i); }
        } Relax",
    ),
    (
        "spawn and finish",
        "Focus {
            mesmerize suggestion task(n: number) { awaken n; }
            induce sum: number = 0;
            loop (induce i: number = 0; i < COUNT; i = i + 1) { sum = sum + await task(i); }
        } Relax",
    ),
];

fn main() {
    let mut criterion = Criterion::default().sample_size(20).configure_from_args();
    let mut group = criterion.benchmark_group("tasks");
    group.throughput(Throughput::Elements(COUNT));
    for (name, program) in PROGRAMS {
        let text = program.replace("COUNT", &COUNT.to_string());
        let module = engine::load(&engine::build("tasks.hyp", &text));
        group.bench_function(*name, |b| b.iter(|| engine::run(&module)));
    }
    group.finish();
    criterion.final_summary();
}
