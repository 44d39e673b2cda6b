//! The pure-Rust floor: the loops of `floors/graph.mjs` over compressed sparse rows, every array reused between calls.
//!
//! Driven by lines on standard input: `prepare <shape> <n>`, then `<work> <inner>`; each is answered by one line
//! `<milliseconds of all inner calls> <check>` or `error <text>`. The shapes are those of `_setup.mjs`, number for number.

use std::hint::black_box;
use std::io::{BufRead, Write};
use std::time::Instant;

const SEED: u32 = 0x2f6_e2b1;
const COST_SEED: u32 = SEED ^ 0x5bd1_e995;

/// Marsaglia's xorshift32, as in `_setup.mjs`.
struct Random(u32);

impl Random {
    fn next(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0
    }
}

fn chain(n: u32) -> Vec<[u32; 2]> {
    (1..n).map(|v| [v - 1, v]).collect()
}

fn fan(n: u32) -> Vec<[u32; 2]> {
    (1..n - 1).flat_map(|v| [[0, v], [v, n - 1]]).collect()
}

fn layered(n: u32) -> Vec<[u32; 2]> {
    let width = (f64::from(n).sqrt().round() as u32).max(3);
    let mut random = Random(SEED);
    let mut edges = Vec::new();
    for v in width..n {
        let start = (v / width - 1) * width;
        let a = random.next() % width;
        let mut b = random.next() % width;
        while b == a {
            b = random.next() % width;
        }
        let mut c = random.next() % width;
        while c == a || c == b {
            c = random.next() % width;
        }
        edges.extend([[start + a, v], [start + b, v], [start + c, v]]);
    }
    edges
}

/// Rows of one direction: `key` is the end they are grouped by.
fn rows(n: usize, edges: &[[u32; 2]], key: usize) -> (Vec<u32>, Vec<u32>) {
    let mut start = vec![0u32; n + 1];
    for e in edges {
        start[e[key] as usize + 1] += 1;
    }
    for i in 0..n {
        start[i + 1] += start[i];
    }
    let mut fill = start.clone();
    let mut row = vec![0u32; edges.len()];
    for e in edges {
        let at = &mut fill[e[key] as usize];
        row[*at as usize] = e[1 - key];
        *at += 1;
    }
    (start, row)
}

struct Graph {
    n: usize,
    edges: Vec<[u32; 2]>,
    out_start: Vec<u32>,
    out: Vec<u32>,
    in_start: Vec<u32>,
    costs: Vec<f64>,
    // Reused between calls.
    left: Vec<u32>,
    order: Vec<u32>,
    level_start: Vec<u32>,
    seen: Vec<bool>,
    found: Vec<u32>,
    earliest: Vec<f64>,
    latest: Vec<f64>,
    slack: Vec<f64>,
}

impl Graph {
    fn prepare(shape: &str, n: u32) -> Option<Self> {
        let edges = match shape {
            "chain" => chain(n),
            "fan" => fan(n),
            "layered" => layered(n),
            _ => return None,
        };
        let n = n as usize;
        let (out_start, out) = rows(n, &edges, 0);
        let (in_start, _) = rows(n, &edges, 1);
        let mut random = Random(COST_SEED);
        let costs = (0..n).map(|_| f64::from(1 + random.next() % 100)).collect();
        Some(Self {
            n,
            edges,
            out_start,
            out,
            in_start,
            costs,
            left: vec![0; n],
            order: vec![0; n],
            level_start: Vec::new(),
            seen: vec![false; n],
            found: Vec::new(),
            earliest: vec![0.0; n],
            latest: vec![0.0; n],
            slack: vec![0.0; n],
        })
    }

    /// Kahn with a first-in first-out queue that is the answer itself; level starts only where they are asked for.
    fn kahn<const LEVELS: bool>(&mut self) -> usize {
        let mut tail = 0;
        for i in 0..self.n {
            let degree = self.in_start[i + 1] - self.in_start[i];
            self.left[i] = degree;
            if degree == 0 {
                self.order[tail] = i as u32;
                tail += 1;
            }
        }
        if LEVELS {
            self.level_start.clear();
            self.level_start.push(0);
        }
        let mut head = 0;
        while head < tail {
            let end = if LEVELS { tail } else { head + 1 };
            while head < end {
                let u = self.order[head] as usize;
                head += 1;
                for &v in &self.out[self.out_start[u] as usize..self.out_start[u + 1] as usize] {
                    let left = &mut self.left[v as usize];
                    *left -= 1;
                    if *left == 0 {
                        self.order[tail] = v;
                        tail += 1;
                    }
                }
            }
            if LEVELS {
                self.level_start.push(end as u32);
            }
        }
        tail
    }

    fn descendants(&mut self, start: u32) -> usize {
        self.seen.fill(false);
        self.seen[start as usize] = true;
        self.found.clear();
        self.found.push(start);
        while let Some(u) = self.found.pop() {
            let u = u as usize;
            for &v in &self.out[self.out_start[u] as usize..self.out_start[u + 1] as usize] {
                if !std::mem::replace(&mut self.seen[v as usize], true) {
                    self.found.push(v);
                }
            }
        }
        self.seen[start as usize] = false;
        for i in 0..self.n {
            if self.seen[i] {
                self.found.push(i as u32);
            }
        }
        self.found.len()
    }

    fn critical_path(&mut self) -> f64 {
        self.kahn::<false>();
        self.earliest.fill(0.0);
        let mut cost = 0.0f64;
        for &u in &self.order {
            let u = u as usize;
            let finish = self.earliest[u] + self.costs[u];
            cost = cost.max(finish);
            for &v in &self.out[self.out_start[u] as usize..self.out_start[u + 1] as usize] {
                let at = &mut self.earliest[v as usize];
                *at = at.max(finish);
            }
        }
        for &u in self.order.iter().rev() {
            let u = u as usize;
            let mut finish = cost;
            for &v in &self.out[self.out_start[u] as usize..self.out_start[u + 1] as usize] {
                finish = finish.min(self.latest[v as usize]);
            }
            self.latest[u] = finish - self.costs[u];
            self.slack[u] = self.latest[u] - self.earliest[u];
        }
        cost
    }

    fn build(&self) -> usize {
        let (out_start, out) = rows(self.n, &self.edges, 0);
        let (in_start, inn) = rows(self.n, &self.edges, 1);
        black_box((&out_start, &out, &in_start));
        inn.len()
    }

    /// One call of a work; its check is the number that every contender must agree on.
    fn call(&mut self, work: &str) -> Option<f64> {
        Some(match work {
            "build-ids" => self.build() as f64,
            "sort" => self.kahn::<false>() as f64,
            "levels" => {
                self.kahn::<true>();
                self.level_start.len() as f64 - 1.0
            }
            "cycle" => f64::from(u8::from(self.kahn::<false>() == self.n)),
            "descendants" => self.descendants(self.edges[0][0]) as f64,
            "critical" => self.critical_path(),
            _ => return None,
        })
    }
}

fn main() {
    let mut graph = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let answer = match (words.as_slice(), &mut graph) {
            (["prepare", shape, n], _) => {
                let start = Instant::now();
                graph = n.parse().ok().and_then(|n| Graph::prepare(shape, n));
                format!("{} 0", start.elapsed().as_secs_f64() * 1e3)
            }
            ([work, inner], Some(graph)) => {
                let start = Instant::now();
                let mut check = None;
                for _ in 0..inner.parse::<u32>().unwrap_or(1) {
                    check = black_box(graph.call(work));
                }
                let ms = start.elapsed().as_secs_f64() * 1e3;
                check.map_or_else(|| "error no such work".to_owned(), |c| format!("{ms} {c}"))
            }
            _ => "error not prepared".to_owned(),
        };
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            return;
        }
    }
}
