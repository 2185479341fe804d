def test_x(house): pass
