//! The conformance snippets of the language specification (appendix E) and whole programs.

/// Snippets: name and text.
pub(crate) const SNIPPETS: &[(&str, &str)] = &[
    (
        "E1.1",
        r##"Focus {
observe 10 / 4;                // = 2.5
observe 9 / 3;                 // = 3
observe 1 / 0;                 // = inf
observe -7 % 3;                // = -1
observe 0 * -1;                // = -0
observe 0.1 + 0.2;             // = 0.30000000000000004
observe 0.1 + 0.2 == 0.3;      // = true        (epsilon)
observe 1 / 0 == 1 / 0;        // P true        R false
observe 3 + 4 + "v";           // = 7v
observe "v" + 3 + 4;           // = v34
observe [1, "a", [true]];      // = [1, a, [true]]
observe "6" * 2;               // = 12          (type error reported)
} Relax
"##,
    ),
    (
        "E2.1",
        r##"Focus {
suggestion noisy(): boolean { observe "ran"; awaken true; }
observe false && noisy();      // P: false              R: ran, false
observe true || noisy();       // P: true               R: ran, true
observe 0 || 42;               // P: 42                 R: true
observe "" ?? "d";             // = (empty line)
} Relax
"##,
    ),
    (
        "E3.1",
        r##"Focus {
suggestion inner() { observe hidden; }
suggestion outer() { induce hidden = 7; inner(); }
outer();                       // P: error Variable 'hidden' not found    R: 7
} Relax
"##,
    ),
    (
        "E3.2",
        r##"Focus {
induce best = 1;
if (true) { induce best = 9; }
observe best;                  // = 9                     (re-induction)
induce n = 0;
while (n < 2) { induce best = n; n = n + 1; }
observe best;                  // P: 1                    R: 9
} Relax
"##,
    ),
    (
        "E3.3",
        r##"Focus {
if (2 > 1) { induce word = "leak"; }
observe word;                  // = leak                  (P: with warning)
induce i = 100;
loop (induce i = 0; i < 3; i = i + 1) { }
observe i;                     // P: 100                  R: 3
} Relax
"##,
    ),
    (
        "E3.4",
        r##"Focus {
observe twice(4);              // P: 8                    R: Variable 'twice' not found
suggestion twice(x) { awaken x * 2; }
} Relax
"##,
    ),
    (
        "E4.1",
        r##"Focus {
induce fns = [];
loop (induce k = 0; k < 3; k = k + 1) {
    ArrayPush(fns, suggestion() { awaken k; });
}
observe "" + fns[0]() + fns[1]() + fns[2]();   // P: 012   R: syntax error
} Relax
"##,
    ),
    (
        "E4.2",
        r##"Focus {
suggestion counter() {
    induce c = 0;
    awaken suggestion() { c = c + 1; awaken c; };
}
induce tick = counter();
tick();
observe tick();                // P: 2
} Relax
"##,
    ),
    (
        "E5.1",
        r##"Focus {
induce a = [1, 2];
induce b = a;
a[0] = 9;
observe b;                     // P: [9, 2]               R: Invalid assignment target
anchor saved = a;
a[1] = 8;
observe saved;                 // P: [9, 2]
observe [1, [2]] == [1, [2]];  // P: true                 R: false
observe a[5];                  // = Runtime error: Index 5 out of bounds
} Relax
"##,
    ),
    (
        "E5.2",
        r##"Focus {
tranceify Spot { x: number; y: number; }
induce p = Spot { x: 1, y: 2 };
induce q = p;
q.x = 5;
observe p.x + "/" + q.x;       // P: 1/5                  R: Assignment target is not a session member
observe p;                     // = <record Spot>
observe Spot { x: 1, y: 2 } == p;   // P: true            R: false
} Relax
"##,
    ),
    (
        "E6.1",
        r##"Focus {
session Lamp {
    conceal lit: boolean = false;
    dominant expose made: number = 0;
    suggestion constructor(start: boolean) { this.lit = start; Lamp.made = Lamp.made + 1; }
    expose suggestion flip(): boolean { this.lit = !this.lit; awaken this.lit; }
    dominant suggestion count(): number { awaken Lamp.made; }
}
induce l = Lamp(true);
induce m = l;
observe m.flip();              // = false        (same instance)
observe l.flip();              // = true
observe Lamp.count() + l.made; // = 2
observe l == m;                // P: true        R: false
observe l;                     // = <session-instance Lamp>
induce f = l.flip;
observe f();                   // = false        (bound)
observe l.lit;                 // = Access denied to private field 'lit' of session 'Lamp'
} Relax
"##,
    ),
    (
        "E7.1",
        r##"Focus {
suggestion kind(v) {
    awaken entrain v {
        when null => "nothing"
        when 0 => "zero"
        when -1 => "minus"
        when n: number if n > 100 => "big"
        when n: number => "num " + n
        when [] => "empty"
        when [first, ...rest] => first + "+" + ArrayLength(rest)
        otherwise => "other"
    };
}
observe kind(0);               // = zero
observe kind(250);             // = big
observe kind([7, 8, 9]);       // = 7+2
observe kind(true);            // = other        (drop the null and -1 arms for R: -1 is a syntax error, null binds)
} Relax
"##,
    ),
    (
        "E7.2",
        r##"Focus {
induce r = entrain 2 { when 1 => awaken "a" when 2 => { observe "two"; awaken "b"; } otherwise => "c" };
observe r;                     // P: two, b      R: syntax error
suggestion g(x) { entrain x { when 1 => { awaken "early"; } otherwise => { } }; awaken "late"; }
observe g(1);                  // = early
observe g(2);                  // = late
} Relax
"##,
    ),
    (
        "E8.1",
        r##"Focus {
induce none;
observe none ?? "d";           // = d
observe none?.a;               // = null
observe none?.a.b.c ?? "safe"; // P: safe        R: Cannot access member 'b' on value 'null'
observe "x" + none;            // = xnull
observe none + 1;              // = Type error: Cannot convert to number
} Relax
"##,
    ),
    (
        "E9.1",
        r##"Focus {
    finale { observe "last"; }
    entrance { observe "first"; }
    observe "body";
    observe missing;
} Relax
// P: first, body, last, then error, exit 1
// R: last, first, body, then error (finale already ran in place)
"##,
    ),
    (
        "E10.1",
        r##"Focus {
outer:
loop (induce i = 0; i < 3; i = i + 1) {
    loop (induce j = 0; j < 3; j = j + 1) {
        if (j == 1) { sink outer; }
        if (i == 2) snap outer;
        observe i + "," + j;
    }
}                              // P: 0,0  1,0   R: syntax error
} Relax
"##,
    ),
    (
        "E10.2",
        r##"Focus {
induce k = 0;
again:
k = k + 1;
if (k < 3) sinkTo again;
observe k;                     // P: 3
} Relax
"##,
    ),
    (
        "E11.1",
        r##"Focus {
tranceify Metric { label: string; from: number; }
suggestion show(command: string, session: Metric) {
    command command + ": " + session.label;
    observe session.from;
}
show("m", Metric { label: "pulse", from: 3 });   // P: M: PULSE / 3    R: Expected field name
} Relax
"##,
    ),
    (
        "E12.1",
        r##"Focus {
trigger onPing = suggestion(n: number) { observe "ping " + n; };   // P ok    R: Unexpected token (remove the last ';')
onPing(1);                     // ping 1
freeze LIMIT = 3;
LIMIT = 4;                     // = Runtime error: Cannot reassign constant variable 'LIMIT'
} Relax
"##,
    ),
    (
        "E12.2",
        r##"Focus {
induce on = false;
oscillate on;
whisper "a"; murmur "b"; observe on;    // = a[DEBUG] btrue
} Relax
"##,
    ),
    (
        "E13.1",
        r##"Focus {
try { observe [1][4]; }
catch (e) { observe "caught " + e; }
finally { observe "done"; }             // P: caught Index 4 out of bounds / done
try { throw "stop"; } catch (e) { observe e; }          // P: stop
assert 1 > 2 "order";                   // P: Assertion failed: order, exit 1
} Relax
"##,
    ),
    (
        "E14.1",
        r##"Focus {
    conceal suggestion inner(x) { awaken x + 1; }
    expose suggestion deepen(x) { awaken inner(x); }
    entrance { observe "never printed on import"; }
} Relax
"##,
    ),
    (
        "E14.2",
        r##"mindLink "./lib/depth.hyp" as D;
Focus { observe D.deepen(1); } Relax    // P: 2 ;  D.inner is an error
"##,
    ),
    (
        "E15.1",
        r##"Focus {
suggestion one(a) { awaken a; }
one();                         // = Runtime error: Expected 1 arguments, received 0
induce t = 5;
t();                           // = Runtime error: Value is not callable
} Relax
"##,
    ),
];

/// Benchmark programs.
pub(crate) const PROGRAMS: &[(&str, &str)] = &[
    (
        "bintrees",
        r##"Focus {
    induce N: number = 16;
    session Node {
        expose leaf: boolean;
        expose left;
        expose right;
        suggestion constructor(leaf: boolean) { this.leaf = leaf; }
    }
    suggestion make(depth: number) {
        if (depth == 0) { awaken Node(true); }
        induce n = Node(false);
        n.left = make(depth - 1);
        n.right = make(depth - 1);
        awaken n;
    }
    suggestion check(n): number {
        if (n.leaf) { awaken 1; }
        awaken 1 + check(n.left) + check(n.right);
    }
    suggestion run(maxDepth: number) {
        observe check(make(maxDepth + 1));
        induce longLived = make(maxDepth);
        loop (induce d: number = 4; d <= maxDepth; d = d + 2) {
            induce iters: number = Pow(2, maxDepth - d + 4);
            induce total: number = 0;
            loop (induce i: number = 0; i < iters; i = i + 1) { total = total + check(make(d)); }
            observe total;
        }
        observe check(longLived);
    }
    run(N);
} Relax
"##,
    ),
    (
        "closures",
        r##"Focus {
    induce N: number = 1000000;
    suggestion mapArray(arr, f) {
        induce out = [];
        induce n: number = ArrayLength(arr);
        loop (induce i: number = 0; i < n; i = i + 1) { ArrayPush(out, f(arr[i])); }
        awaken out;
    }
    suggestion filterArray(arr, f) {
        induce out = [];
        induce n: number = ArrayLength(arr);
        loop (induce i: number = 0; i < n; i = i + 1) {
            induce v = arr[i];
            if (f(v)) { ArrayPush(out, v); }
        }
        awaken out;
    }
    suggestion reduceArray(arr, f, init) {
        induce acc = init;
        induce n: number = ArrayLength(arr);
        loop (induce i: number = 0; i < n; i = i + 1) { acc = f(acc, arr[i]); }
        awaken acc;
    }
    suggestion run(n: number): number {
        induce data = [];
        loop (induce i: number = 0; i < n; i = i + 1) { ArrayPush(data, i % 1000); }
        induce total: number = 0;
        loop (induce k: number = 1; k <= 5; k = k + 1) {
            suggestion scale(x) { awaken x * k + 1; }
            suggestion keep(x) { awaken x % 2 == 0; }
            suggestion add(a, b) { awaken (a + b) % 1000003; }
            total = total + reduceArray(filterArray(mapArray(data, scale), keep), add, 0);
        }
        awaken total;
    }
    observe run(N);
} Relax
"##,
    ),
    (
        "dispatch",
        r##"Focus {
    induce N: number = 5000000;
    session Bus {
        expose total: number = 0;
        suggestion add(v: number) { this.total = (this.total + v) % 1000003; }
    }
    session Counter {
        expose n: number = 0; expose follower;
        suggestion poke(bus) { this.n = this.n + 2; }
        suggestion step(bus) { this.n = this.n + 1; bus.add(this.n % 7); awaken this.follower; }
    }
    session Toggler {
        expose on: number = 0; expose follower;
        suggestion poke(bus) { this.on = 0; }
        suggestion step(bus) {
            if (this.on == 1) { this.on = 0; bus.add(3); } else { this.on = 1; bus.add(5); }
            awaken this.follower;
        }
    }
    session Accumulator {
        expose acc: number = 1; expose follower;
        suggestion poke(bus) { this.acc = bus.total % 1009; }
        suggestion step(bus) { this.acc = (this.acc * 3 + bus.total) % 1009; bus.add(this.acc % 5); awaken this.follower; }
    }
    session Forwarder {
        expose hits: number = 0; expose follower;
        suggestion poke(bus) { this.hits = this.hits + 3; }
        suggestion step(bus) {
            this.hits = this.hits + 1;
            if (this.hits % 4 == 0) { this.follower.poke(bus); }
            bus.add(1);
            awaken this.follower;
        }
    }
    suggestion run(n: number): number {
        induce bus = Bus();
        induce t0 = Counter(); induce t1 = Toggler(); induce t2 = Accumulator(); induce t3 = Forwarder();
        induce t4 = Accumulator(); induce t5 = Forwarder(); induce t6 = Counter(); induce t7 = Toggler();
        t0.follower = t1; t1.follower = t2; t2.follower = t3; t3.follower = t4;
        t4.follower = t5; t5.follower = t6; t6.follower = t7; t7.follower = t0;
        induce cur = t0;
        loop (induce i: number = 0; i < n; i = i + 1) { cur = cur.step(bus); }
        awaken bus.total;
    }
    observe run(N);
} Relax
"##,
    ),
    (
        "fannkuch",
        r##"Focus {
    induce N: number = 9;
    suggestion fannkuch(n: number): number {
        induce p = []; induce q = []; induce s = [];
        loop (induce i: number = 0; i < n; i = i + 1) { ArrayPush(p, i); ArrayPush(q, 0); ArrayPush(s, i); }
        induce sign: number = 1; induce maxflips: number = 0; induce sum: number = 0;
        while (true) {
            induce q0: number = p[0];
            if (q0 != 0) {
                loop (induce i: number = 1; i < n; i = i + 1) { q[i] = p[i]; }
                induce flips: number = 1;
                while (true) {
                    induce qq: number = q[q0];
                    if (qq == 0) {
                        sum = sum + sign * flips;
                        if (flips > maxflips) { maxflips = flips; }
                        snap;
                    }
                    q[q0] = q0;
                    if (q0 >= 3) {
                        induce a: number = 1; induce b: number = q0 - 1;
                        while (a < b) {
                            induce t: number = q[a]; q[a] = q[b]; q[b] = t;
                            a = a + 1; b = b - 1;
                        }
                    }
                    q0 = qq;
                    flips = flips + 1;
                }
            }
            if (sign == 1) {
                induce t: number = p[0]; p[0] = p[1]; p[1] = t;
                sign = 0 - 1;
            } else {
                induce t: number = p[1]; p[1] = p[2]; p[2] = t;
                sign = 1;
                loop (induce i: number = 2; i < n; i = i + 1) {
                    induce sx: number = s[i];
                    if (sx != 0) { s[i] = sx - 1; snap; }
                    if (i == n - 1) { awaken sum * 100 + maxflips; }
                    s[i] = i;
                    induce t2: number = p[0];
                    loop (induce j: number = 0; j <= i; j = j + 1) { p[j] = p[j + 1]; }
                    p[i + 1] = t2;
                }
            }
        }
    }
    observe fannkuch(N);
} Relax
"##,
    ),
    (
        "hof",
        r##"Focus {
    induce N: number = 1000000;
    suggestion increment(x: number): number { awaken x + 1; }
    suggestion double(x: number): number { awaken x * 2; }
    suggestion isEven(x: number): boolean { awaken x % 2 == 0; }
    suggestion compose(f, g, x: number): number { awaken f(g(x)); }
    suggestion foldRange(n: number, pred, f, g): number {
        induce acc: number = 0;
        loop (induce i: number = 0; i < n; i = i + 1) {
            if (pred(i)) { acc = (acc + compose(f, g, i)) % 1000003; }
            else { acc = (acc + compose(g, f, i)) % 1000003; }
        }
        awaken acc;
    }
    observe foldRange(N, isEven, increment, double);
} Relax
"##,
    ),
    (
        "nbody",
        r##"Focus {
    induce N: number = 500000;

    session Body {
        expose x: number; expose y: number; expose z: number;
        expose vx: number; expose vy: number; expose vz: number;
        expose mass: number;
        suggestion constructor(x: number, y: number, z: number, vx: number, vy: number, vz: number, mass: number) {
            this.x = x; this.y = y; this.z = z;
            this.vx = vx; this.vy = vy; this.vz = vz;
            this.mass = mass;
        }
    }

    induce PI: number = 3.141592653589793;
    induce SOLAR: number = 4 * PI * PI;
    induce DAYS: number = 365.24;

    suggestion makeBodies() {
        awaken [
            Body(0, 0, 0, 0, 0, 0, SOLAR),
            Body(4.84143144246472090, 0 - 1.16032004402742839, 0 - 0.103622044471123109,
                 0.00166007664274403694 * DAYS, 0.00769901118419740425 * DAYS, 0 - 0.0000690460016972063023 * DAYS,
                 0.000954791938424326609 * SOLAR),
            Body(8.34336671824457987, 4.12479856412430479, 0 - 0.403523417114321381,
                 0 - 0.00276742510726411021 * DAYS, 0.00499852801234917238 * DAYS, 0.0000230417297573763929 * DAYS,
                 0.000285885980666130812 * SOLAR),
            Body(12.8943695621391310, 0 - 15.1111514016986312, 0 - 0.223307578892655734,
                 0.00296460137564761618 * DAYS, 0.00237847173959480950 * DAYS, 0 - 0.0000296589568540237556 * DAYS,
                 0.0000436624404335156298 * SOLAR),
            Body(15.3796971148509165, 0 - 25.9193146099879641, 0.179258772950371181,
                 0.00268067772490389322 * DAYS, 0.00162824170038242295 * DAYS, 0 - 0.0000951592254519715870 * DAYS,
                 0.0000515138902046611451 * SOLAR)
        ];
    }

    suggestion offsetMomentum(bodies) {
        induce px: number = 0; induce py: number = 0; induce pz: number = 0;
        loop (induce i: number = 0; i < 5; i = i + 1) {
            induce b = bodies[i];
            px = px + b.vx * b.mass; py = py + b.vy * b.mass; pz = pz + b.vz * b.mass;
        }
        induce s = bodies[0];
        s.vx = 0 - px / SOLAR; s.vy = 0 - py / SOLAR; s.vz = 0 - pz / SOLAR;
    }

    suggestion advance(bodies, dt: number) {
        loop (induce i: number = 0; i < 5; i = i + 1) {
            induce a = bodies[i];
            loop (induce j: number = i + 1; j < 5; j = j + 1) {
                induce b = bodies[j];
                induce dx: number = a.x - b.x;
                induce dy: number = a.y - b.y;
                induce dz: number = a.z - b.z;
                induce d2: number = dx * dx + dy * dy + dz * dz;
                induce mag: number = dt / (d2 * Sqrt(d2));
                a.vx = a.vx - dx * b.mass * mag;
                a.vy = a.vy - dy * b.mass * mag;
                a.vz = a.vz - dz * b.mass * mag;
                b.vx = b.vx + dx * a.mass * mag;
                b.vy = b.vy + dy * a.mass * mag;
                b.vz = b.vz + dz * a.mass * mag;
            }
        }
        loop (induce i: number = 0; i < 5; i = i + 1) {
            induce b = bodies[i];
            b.x = b.x + dt * b.vx;
            b.y = b.y + dt * b.vy;
            b.z = b.z + dt * b.vz;
        }
    }

    suggestion energy(bodies): number {
        induce e: number = 0;
        loop (induce i: number = 0; i < 5; i = i + 1) {
            induce a = bodies[i];
            e = e + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
            loop (induce j: number = i + 1; j < 5; j = j + 1) {
                induce b = bodies[j];
                induce dx: number = a.x - b.x;
                induce dy: number = a.y - b.y;
                induce dz: number = a.z - b.z;
                e = e - (a.mass * b.mass) / Sqrt(dx * dx + dy * dy + dz * dz);
            }
        }
        awaken e;
    }

    induce bodies = makeBodies();
    offsetMomentum(bodies);
    observe energy(bodies);
    loop (induce n: number = 0; n < N; n = n + 1) { advance(bodies, 0.01); }
    observe energy(bodies);
} Relax
"##,
    ),
    (
        "pattern",
        r##"Focus {
    induce N: number = 1000000;
    tranceify Circle { r: number; }
    tranceify Rect { w: number; h: number; }
    tranceify Dot { id: number; }
    suggestion run(n: number): number {
        induce shapes = [Circle { r: 3 }, Rect { w: 4, h: 2 }, Rect { w: 2, h: 5 }, Dot { id: 9 }];
        induce names = ["deep", "light", "calm", "focus", "other"];
        induce sum: number = 0;
        loop (induce i: number = 0; i < n; i = i + 1) {
            induce k: number = i % 8;
            induce a = entrain k {
                when 0 => 1
                when 1 => 2
                when 2 => 3
                when 3 => 5
                when x if x > 5 => x * 2
                when x => x + 7
            };
            induce b = entrain shapes[i % 4] {
                when Circle { r: rad } => rad * 3
                when Rect { w: ww, h: hh } if ww > hh => ww * hh
                when Rect { w: ww, h: hh } => ww + hh
                otherwise => 1
            };
            induce c = entrain names[i % 5] {
                when "deep" => 1
                when "light" => 2
                when "calm" => 3
                when "focus" => 4
                otherwise => 9
            };
            sum = (sum + a + b + c) % 1000003;
        }
        awaken sum;
    }
    observe run(N);
} Relax
"##,
    ),
    (
        "quicksort",
        r##"Focus {
    induce N: number = 1000000;
    suggestion quicksort(a, lo: number, hi: number) {
        while (lo < hi) {
            induce pivot: number = a[Floor((lo + hi) / 2)];
            induce i: number = lo; induce j: number = hi;
            while (i <= j) {
                while (a[i] < pivot) { i = i + 1; }
                while (a[j] > pivot) { j = j - 1; }
                if (i <= j) {
                    induce t: number = a[i]; a[i] = a[j]; a[j] = t;
                    i = i + 1; j = j - 1;
                }
            }
            if (j - lo < hi - i) { quicksort(a, lo, j); lo = i; }
            else { quicksort(a, i, hi); hi = j; }
        }
    }
    suggestion run(n: number): number {
        induce a = [];
        induce seed: number = 42;
        loop (induce i: number = 0; i < n; i = i + 1) { seed = (seed * 16807) % 2147483647; ArrayPush(a, seed); }
        quicksort(a, 0, n - 1);
        induce check: number = 0;
        loop (induce i: number = 0; i < n; i = i + 1000) { check = (check * 31 + a[i]) % 1000003; }
        awaken check;
    }
    observe run(N);
} Relax
"##,
    ),
    (
        "strings",
        r##"Focus {
    induce N: number = 60;
    suggestion round(pieces: number): number {
        induce s: string = "";
        loop (induce i: number = 0; i < pieces; i = i + 1) { s = s + "item" + i + ","; }
        induce parts = Split(s, ",");
        induce joined: string = ArrayJoin(parts, ";");
        induce swapped: string = Replace(joined, "item", "k");
        awaken Length(s) + ArrayLength(parts) + Length(joined) + Length(swapped);
    }
    induce total: number = 0;
    loop (induce r: number = 0; r < N; r = r + 1) { total = total + round(5000); }
    observe total;
} Relax
"##,
    ),
];
