-- Tables of numbers for other programs are results as well.
alter table result drop constraint result_kind_check;
alter table result add constraint result_kind_check
  check (kind in ('dicom', 'json', 'html', 'png', 'nifti', 'csv'));
