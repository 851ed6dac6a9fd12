"""stub"""
from pathlib import Path
from pipeline.flashes.watch import Watch
from pipeline.flashes.pictures import small, grid, averaged
def analyse(path):
    with small(path) as (fps, pictures):
        watch=None
        for p in pictures:
            if watch is None:
                watch=Watch(p.shape[1]//2,p.shape[0]//2,fps)
            watch.see(p)
    return watch.report()
