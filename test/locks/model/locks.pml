/*
 * The mailbox lock of docs/locks.md, one account, mode strict: what the drivers `embedded`, `postgres` and `redis` have in common.
 * A step of the table is atomic there (a transaction, a script), and so it is here. Everything between two steps may happen in any
 * order with everything else.
 *
 * Processes have one session each: they claim, wait, come in, tell the store their fence, and quit; POP3 deletes then. Faults, at
 * most FAULTS of them: a process is stopped and goes on; is cut off and comes back; is killed (or its host loses its power); is
 * kicked; the table loses all it knows (a Redis or a PostgreSQL that crashed).
 *
 * Time is one assumption, which the drivers keep by their clocks: a process that runs ends its sessions (at 90 % of `expiry`)
 * before the table takes it for dead. One that is stopped cannot.
 *
 * Bounds: N processes, ROUNDS sessions each (LIVE: without end), FAULTS.
 * CALM: no faults but kicks and take-overs; prints each step of the table, for the replay on real drivers.
 * LIVE: fences are left out, so that rounds need no end; the property `served`.
 * Planted, to show that the properties can fail: NO_FENCE, FENCE_RESETS, NO_WAKE, EARLY_EXPIRY, JUMP_QUEUE, UNCHECKED_WAKE,
 * NO_PURGE.
 */
#ifndef N
#define N 3
#endif
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef FAULTS
#define FAULTS 2
#endif

mtype = { Claim, ClaimOver, Late, Leave, Kick } /* acts on the table */
mtype = { idle, asked, waits, inside, open, gives, gone }

/* ---- the table ---- */
byte last;       /* fence of the last grant that changed hands; 0: none is known */
bit lastX;       /* that grant was exclusive */
byte held[N];    /* fence of the lease that stands in the table; 0: none */
bit heldX[N];
byte queue[N];   /* who waits, in order of arrival */
byte queued;
bit known[N];    /* the table has heard of this process, and nobody has taken it for dead */
bit expired[N];  /* it was silent for too long: whoever wants in takes it for dead */
bit wake[N];     /* messages: your turn came; your lease is over */
bit end[N];
byte clock;      /* grants so far: microseconds in the drivers */

/* ---- the store ---- */
byte seen;       /* the highest fence that it was told */

/* ---- what processes believe ---- */
mtype state[N] = idle;
bit wantX[N];    /* POP3, else IMAP */
byte answer[N];  /* of a claim, on its way: the fence; 0: it waits */
byte mine[N];    /* fence of the lease that it believes to have */
byte rounds[N];
bit stopped[N];
bit cut[N];
bit due[N];      /* its leases are over by its own clock, and it has not looked yet */

/* ---- what only the properties look at ---- */
bit sure[N];     /* nothing happened that a process cannot notice: it was not stopped, nor ended by others, nor was data lost */
byte highest;    /* fence of all exclusive grants so far */
byte left = FAULTS;

#define RUNS(i) (state[i] != gone && !stopped[i])
#define REACHES(i) (RUNS(i) && !cut[i])
#define LIVING(i) (known[i] && !expired[i])

byte a, b, w, kept;
bit blocked, present;

inline look(x) { /* whether holders keep an access of this kind out */
  blocked = 0;
  for (a : 0 .. N - 1) {
    if
    :: held[a] && (x || heldX[a]) -> blocked = 1
    :: else
    fi
  }
}

/* before: how many of the queue arrived earlier */
inline grant(i, before) {
  /* no exclusive holder beside any other */
  for (a : 0 .. N - 1) { assert(!(held[a] && (wantX[i] || heldX[a]))) }
  /* order of arrival, but that sharers pass one who waits for exclusive access */
  a = 0;
  do
  :: a < before -> assert(!LIVING(queue[a]) || (wantX[queue[a]] && !wantX[i])); a++
  :: else -> break
  od;
#ifdef LIVE
  last = 1;
#else
  if
  :: wantX[i] || lastX || last == 0 ->
    clock++;
#ifdef FENCE_RESETS
    last = last + 1
#else
    last = clock
#endif
  :: else
  fi;
  if
  :: wantX[i] -> assert(last > highest); highest = last
  :: else -> assert(last >= highest)
  fi;
#endif
  lastX = wantX[i];
  held[i] = last;
  heldX[i] = wantX[i]
}

inline grantWaiters() {
#ifdef NO_WAKE
  skip
#else
  b = 0;
  kept = 0;
  do
  :: b < queued ->
    w = queue[b];
    look(wantX[w]);
    if
    :: blocked || (wantX[w] && kept > 0) -> queue[kept] = w; kept++
    :: else ->
      if
      :: LIVING(w) -> grant(w, kept); wake[w] = 1
      :: else
      fi
    fi;
    b++
  :: else -> break
  od;
  b = kept;
  do
  :: b < N -> queue[b] = 0; b++
  :: else -> break
  od;
  queued = kept
#endif
}

/* No wake-up is lost: who is first is kept out by somebody. */
inline settled() {
  if
  :: queued > 0 && LIVING(queue[0]) -> look(wantX[queue[0]]); assert(blocked)
  :: else
  fi;
  a = 0; b = 0; w = 0; kept = 0; blocked = 0; present = 0
}

inline purge() {
#ifdef NO_PURGE
  skip
#else
  for (a : 0 .. N - 1) {
    if
    :: !LIVING(a) && (held[a] || known[a]) -> held[a] = 0; known[a] = 0; expired[a] = 0; wake[a] = 0; end[a] = 0
    :: else
    fi
  }
#endif
}

inline isQueued(i) {
  present = 0;
  a = 0;
  do
  :: a < queued -> present = (present || queue[a] == i); a++
  :: else -> break
  od
}

inline enqueue(i) {
  isQueued(i);
  if
  :: !present -> queue[queued] = i; queued++
  :: else
  fi
}

inline dequeue(i) {
  b = 0; kept = 0;
  do
  :: b < queued ->
    if
    :: queue[b] != i -> queue[kept] = queue[b]; kept++
    :: else
    fi;
    b++
  :: else -> break
  od;
  b = kept;
  do
  :: b < N -> queue[b] = 0; b++
  :: else -> break
  od;
  queued = kept
}

#ifdef CALM
inline tell(act, i) {
  printf("{\"act\":\"%e\",\"session\":%d,\"exclusive\":%d,\"fences\":[", act, i, wantX[i]);
  for (a : 0 .. N - 1) { if :: a > 0 -> printf(",") :: else fi; printf("%d", held[a]) }
  printf("],\"queue\":[");
  a = 0;
  do
  :: a < queued -> if :: a > 0 -> printf(",") :: else fi; printf("%d", queue[a]); a++
  :: else -> break
  od;
  printf("]}\n")
}
#else
inline tell(act, i) { skip }
#endif

/* takeover: an exclusive holder that is idle is ended for it */
inline claim(i, takeover, mayWait) {
  look(wantX[i]);
  if
  :: blocked && !held[i] ->
    purge();
    if
    :: takeover && wantX[i] ->
      for (a : 0 .. N - 1) {
        if
        :: held[a] && heldX[a] -> held[a] = 0; end[a] = 1; sure[a] = 0
        :: else
        fi
      }
    :: else
    fi
  :: else
  fi;
  if
  :: !mayWait -> dequeue(i)
  :: else
  fi;
#ifdef JUMP_QUEUE
  look(wantX[i]);
  if
  :: !held[i] && !blocked -> grant(i, queued)
  :: else
  fi;
#endif
  grantWaiters();
  look(wantX[i]);
  isQueued(i);
  if
  :: !held[i] && !blocked && !present -> grant(i, queued)
  :: !held[i] && blocked && mayWait -> enqueue(i)
  :: else
  fi;
  answer[i] = held[i];
  wake[i] = 0
}

inline leave(i) {
  held[i] = 0;
  dequeue(i);
  grantWaiters();
  wake[i] = 0;
  end[i] = 0
}

inline over(i) { mine[i] = 0; state[i] = gives }

/* It comes in. Two that may not be in together never are, as far as they can know. */
inline enter(i, f) {
  mine[i] = f;
  state[i] = inside;
  for (a : 0 .. N - 1) {
    assert(a == i || !mine[a] || !(wantX[a] || wantX[i]) || !(sure[a] && sure[i]))
  }
  a = 0
}

#ifdef LIVE
#define MAY_BEGIN(i) true
#else
#define MAY_BEGIN(i) (rounds[i] < ROUNDS)
#endif

/* Whoever waits looks again, should a message be lost; CALM has none. */
#ifdef CALM
#define LOOKS(i) false
#else
#define LOOKS(i) (state[i] == waits && !wake[i])
#endif

/* Who was silent for too long shows life first: whoever wants in may take its lease at any time. */
#ifdef UNCHECKED_WAKE
#define BELIEVES(i) true
#else
#define BELIEVES(i) LIVING(i)
#endif

proctype Client(byte i) {
end0:
  do
  /* a session begins */
  :: atomic { state[i] == idle && REACHES(i) && LIVING(i) && MAY_BEGIN(i) ->
#ifdef LIVE
      wantX[i] = 1; claim(i, 0, 1);
#else
      rounds[i]++;
      if
      :: wantX[i] = 1; claim(i, 0, 1); tell(Claim, i)
      :: wantX[i] = 0; claim(i, 0, 1); tell(Claim, i)
      :: wantX[i] = 1; claim(i, 1, 1); tell(ClaimOver, i)
      fi;
#endif
      settled();
      state[i] = asked }
  /* the answer comes; or no answer in time, and it has to be given back */
  :: atomic { state[i] == asked && REACHES(i) ->
      if
      :: end[i] -> over(i)
      :: !end[i] && answer[i] -> enter(i, answer[i])
      :: else -> state[i] = waits
      fi;
      answer[i] = 0 }
  :: atomic { state[i] == asked && RUNS(i) && cut[i] -> answer[i] = 0; over(i) }
  /* its turn came: the table says whether it still is */
  :: atomic { state[i] == waits && REACHES(i) && wake[i] ->
      wake[i] = 0;
      if
      :: held[i] && BELIEVES(i) -> enter(i, held[i])
      :: else
      fi }
#ifndef LIVE
  /* its wait is over, it asks once more; or its client hangs up */
  :: atomic { state[i] == waits && REACHES(i) && LIVING(i) ->
      claim(i, 0, 0);
      answer[i] = 0;
      if
      :: held[i] -> enter(i, held[i])
      :: else -> over(i)
      fi;
      tell(Late, i);
      settled() }
  :: atomic { state[i] == waits && RUNS(i) && !held[i] -> over(i) }
#endif
  /* it tells the store its fence, and reads the mail */
  :: atomic { state[i] == inside && RUNS(i) ->
      if
      :: mine[i] > seen -> seen = mine[i]
      :: else
      fi;
      state[i] = open }
  /* QUIT: the store deletes only for the highest fence */
  :: atomic { state[i] == open && RUNS(i) ->
#ifndef LIVE
#ifdef NO_FENCE
      if
      :: wantX[i] ->
#else
      if
      :: wantX[i] && mine[i] == seen ->
#endif
        /* what a session deletes that lost its lease is nothing: nobody came in after it */
        for (a : 0 .. N - 1) { assert(a == i || state[a] != open || mine[a] < mine[i]) }
        a = 0
      :: else
      fi;
#endif
      over(i) }
  :: atomic { state[i] == gives && REACHES(i) -> leave(i); tell(Leave, i); settled(); state[i] = idle }
  /* kicked, or taken over */
  :: atomic { (state[i] == inside || state[i] == open || state[i] == waits) && REACHES(i) && end[i] -> end[i] = 0; over(i) }
  /* its own clock */
  :: atomic { (state[i] == inside || state[i] == open || state[i] == asked) && RUNS(i) && (cut[i] || due[i]) -> answer[i] = 0; over(i) }
  /* the heartbeat, where it changes something */
  :: atomic { REACHES(i) && (!known[i] || expired[i] || due[i] || LOOKS(i)) ->
      if
      :: !known[i] ->
        known[i] = 1;
        if
        :: state[i] == inside || state[i] == open || state[i] == asked -> answer[i] = 0; over(i)
        :: else
        fi
      :: else
      fi;
      expired[i] = 0;
      due[i] = 0;
      sure[i] = (mine[i] == 0 || held[i] == mine[i]);
      if
      :: state[i] == waits ->
        purge();
        if
        :: !held[i] -> enqueue(i)
        :: else
        fi;
        grantWaiters();
        wake[i] = 0;
        if
        :: held[i] -> enter(i, held[i])
        :: else
        fi
      :: else
      fi;
      settled() }
  :: state[i] == gone -> break
  od
}

#ifdef EARLY_EXPIRY
#define MAY_EXPIRE(i) (stopped[i] || state[i] == gone || cut[i])
#else
#define MAY_EXPIRE(i) (stopped[i] || state[i] == gone || (cut[i] && !mine[i] && state[i] != asked))
#endif

/* What happens to a process, and ends again. */
proctype Fate(byte i) {
end1:
  do
#ifdef CALM
  :: atomic { left > 0 && held[i] && !end[i] -> left--; end[i] = 1; tell(Kick, i); a = 0; b = 0 }
#else
  :: atomic { left > 0 && held[i] && !end[i] -> left--; end[i] = 1 }
  :: atomic { left > 0 && RUNS(i) -> left--; stopped[i] = 1; sure[i] = 0 }
  :: atomic { left > 0 && RUNS(i) && !cut[i] -> left--; cut[i] = 1 }
  :: atomic { left > 0 && state[i] != gone -> left--; state[i] = gone; mine[i] = 0; answer[i] = 0; cut[i] = 0; stopped[i] = 0 }
#endif
  :: atomic { stopped[i] -> stopped[i] = 0 }
  :: atomic { cut[i] -> cut[i] = 0 }
  od
}

proctype Time(byte i) {
end2:
  do
  :: atomic { known[i] && !expired[i] && MAY_EXPIRE(i) -> expired[i] = 1; due[i] = (state[i] != gone) }
  od
}

/* The table loses all it knows. */
proctype Loss() {
end3:
  do
#ifndef CALM
  :: atomic { left > 0 ->
      left--;
      last = 0; lastX = 0; queued = 0;
      for (a : 0 .. N - 1) {
        held[a] = 0; heldX[a] = 0; queue[a] = 0; known[a] = 0; expired[a] = 0; wake[a] = 0; end[a] = 0; sure[a] = 0
      }
      a = 0 }
#endif
  :: false
  od
}

init {
  atomic {
    for (a : 0 .. N - 1) {
      known[a] = 1;
      sure[a] = 1;
      run Client(a);
      run Fate(a);
      run Time(a)
    }
    run Loss();
    a = 0
  }
}

#ifdef LIVE
/* Who waits gets in, or its process is gone; leases of those that are gone end too, for they stand in the way. */
ltl served { [] (state[0] == waits -> <> (state[0] != waits)) }
#endif
