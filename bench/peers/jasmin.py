"""placeholder"""
class Jasmin:
    name="jasmin"; port=0; mark=b"Success"
    def missing(self)->str: return "not yet"
