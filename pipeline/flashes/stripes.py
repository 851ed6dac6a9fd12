"""stub"""
class Stripes:
    def __init__(self,fps): pass
    def see(self,p,f): pass
    def found(self,n): return ()
