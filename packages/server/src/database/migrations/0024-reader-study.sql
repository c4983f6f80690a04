-- Blinded reading of two arms side by side: which is which, readers do not learn.
create table reader_study (
  name text primary key,
  question text not null,
  arm_a text not null,
  arm_b text not null,
  -- Orders and sides of all readers follow from it.
  seed integer not null,
  created_at timestamptz not null default now(),
  created_by text not null,
  closed_at timestamptz
);

create table reader_study_case (
  study text not null references reader_study on delete cascade,
  number integer not null,
  -- Series Instance UID or name of a file.
  source text not null,
  -- SHA-256 of the planes of each arm, in order: {"a": […], "b": […]}.
  pictures jsonb not null,
  primary key (study, number)
);

-- One reading for each reader and case, never changed.
create table reader_rating (
  study text not null,
  number integer not null,
  reader text not null,
  -- Which arm stood on the left.
  left_arm text not null check (left_arm in ('a', 'b')),
  grade_a smallint not null check (grade_a between 1 and 5),
  grade_b smallint not null check (grade_b between 1 and 5),
  preference text not null check (preference in ('a', 'b', 'none')),
  rated_at timestamptz not null default now(),
  primary key (study, number, reader),
  foreign key (study, number) references reader_study_case (study, number) on delete cascade
);
